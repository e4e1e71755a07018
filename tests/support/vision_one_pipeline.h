// The data pipelines of the simulator: registered, listed, changed, deleted, and their packages. A pipeline serves what was packed
// after its registration, for seven days.
//
// Thread: the simulator's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "tests/support/vision_one_lists.h"
#include "tests/support/vision_one_packages.h"
#include "tests/support/vision_one_sim.h"

namespace tidegate {

class Pipelines {
 public:
  //   requires: `archive` outlives this
  Pipelines(const SimArchive& archive, Seed seed) : packages_(archive, seed), random_(Seed{~seed.value}) {}

  // Which of the four endpoints it is, if it is one.
  static std::optional<Endpoint> endpoint_of(std::string_view method, std::string_view path);

  //   requires: endpoint_of(request.method, target.path) == endpoint
  SimResponse answer(Endpoint endpoint, const SimRequest& request, const Target& target, const ServeOptions& serve,
                     const LinkRules& rules, WallTime now);

 private:
  struct Pipeline {
    std::string id;
    RiskLevels levels;
    bool has_detail = false;
    std::string description;
    WallTime registered{};
    std::uint64_t revision = 0;  // of its ETag

    std::string etag() const { return "\"" + std::to_string(revision) + "\""; }
  };

  SimResponse create(const Bytes& body, const std::string& base_url, WallTime now);
  SimResponse list() const;
  SimResponse remove(const Bytes& body);
  static SimResponse change(Pipeline& pipeline, const SimRequest& request);
  SimResponse list_packages(const Pipeline& pipeline, const Target& target, const LinkRules& rules, WallTime now) const;
  SimResponse package(const Pipeline& pipeline, std::string_view id, const ServeOptions& serve, WallTime now);
  void forget(const ServeOptions& serve, WallTime now);
  static void append(Bytes& out, const Pipeline& pipeline);

  Packages packages_;
  Random random_;
  std::vector<Pipeline> pipelines_;
};

}  // namespace tidegate
