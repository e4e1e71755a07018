// PipelineSource: the techniques of one connector from the data pipeline of the API, for tenants with high volume. Windows are
// intervals of the packages' creation, and one package is one page:
//
//   first page     GET …/dataPipelines/{id}/packages        the window's packages, all pages of the list; then the first package
//   "package:<id>" GET …/dataPipelines/{id}/packages/<id>   the package; the next page's link names the one after it
//
// Packages are read in the order of (creation, id), so a restart in the middle of a window goes on where it stood: the list is
// fetched again, and an id that is not in it any more is an expired link (`absent`). What was stored is not fetched again while
// the same source lives: a package counts as stored once the one behind it was asked for. A source must therefore not be used on
// after its cursor was set back by hand.
//
// A pipeline serves what was packed after its registration. Windows that begin earlier are read from the list of detections by
// `before`: its records bear the same uuids. Packages hold what came in up to some minutes before them, so at the seam a record may
// be shown by both: facts().reach keeps the ids that long (P1, P2).
//
// A package that is listed and answers 404 is asked for a few times more (`unavailable`), then passed over and counted; the next
// overlapping window asks for it again. One that cannot be unpacked is `corrupt`, and after some tries kept as it came. A pipeline
// that the API has forgotten is registered anew, and the window begins again (`absent`): what lies before the new registration
// comes from the list, a little more than the window, since packages that were not read hold what came in before it.
//
// Thread: the loop.
// Source: Trend Vision One public API v3.0, oat/dataPipelines.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/edges/api_call.h"
#include "agent/edges/json_lines.h"
#include "agent/edges/pipeline_registration.h"
#include "agent/edges/recent_ids.h"
#include "agent/ports.h"
#include "base/metrics.h"

namespace tidegate {

struct PipelineOptions {
  std::string description;            // by which the pipeline is known: pipeline_description()
  std::set<std::string> risk_levels;  // as the API writes them; at least one
};

// "tidegate <sensor>/<connector>".
std::string pipeline_description(const std::string& sensor, const std::string& connector);

class PipelineSource final : public Source {
 public:
  // `before` reads what was before the pipeline.
  //   requires: what the references name outlives the source
  PipelineSource(VisionOneOptions options, PipelineOptions pipeline, HttpSend send, RequestBudget& budget,
                 std::unique_ptr<Source> before, Surroundings around, Metrics& metrics);

  asio::awaitable<Result<Bytes>> poll(const PageRequest& request) override;
  Result<Page> parse(const PageRequest& request, Bytes body) override;
  SourceFacts facts() const override;

 private:
  struct Package {
    std::string created;  // as it came: texts of one form sort as their times do
    std::string id;
    bool missing = false;

    auto operator<=>(const Package&) const = default;
  };
  struct Listed {
    WallSeconds from{};
    WallSeconds to{};
    std::vector<Package> packages;  // sorted
  };
  // The package of the page that was parsed last, and the link to the one behind it.
  struct Served {
    std::string id;
    std::string next_link;
  };

  // What is wrong with one package, and how often in a row.
  struct Trouble {
    std::string id;
    std::uint32_t times = 0;

    // How often by now.
    std::uint32_t again(const std::string& package);
    void over(const std::string& package);
  };

  asio::awaitable<Result<void>> find_pipeline(const PageRequest& request);
  asio::awaitable<Result<Bytes>> poll_list(PageRequest request);
  asio::awaitable<Result<void>> list(const PageRequest& request);
  asio::awaitable<Result<Bytes>> fetch(const PageRequest& request, Package& package);
  asio::awaitable<Error> lost(const PageRequest& request);
  asio::awaitable<Result<ApiAnswer>> get(std::string url, std::string accept);
  Result<std::string> take_list_page(ByteView body, std::vector<Package>& packages) const;
  Result<Page> page_of(const Package& package, ByteView body, WallTime fallback);

  bool from_detections(const PageRequest& request) const;
  // Absent: no package of that id is listed.
  std::optional<std::size_t> place_of(const PageRequest& request) const;
  std::string pipeline_url() const;

  ApiCall api_;
  PipelineRegistration registration_;
  std::unique_ptr<Source> before_;
  Clock& clock_;
  JsonLinesParser parser_;
  std::optional<DataPipeline> pipeline_;
  std::optional<WallSeconds> lost_at_;  // where the window begins that the API forgot the pipeline in
  std::optional<Listed> listed_;
  std::optional<Served> served_;
  RecentIds taken_;
  RecentIds counted_missing_;
  Trouble missing_;
  Trouble broken_;

  Metric& registrations_;
  Metric& packages_missing_;
  Metric& packages_broken_;
};

}  // namespace tidegate
