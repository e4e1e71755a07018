// PipelineRegistration: the connector's own data pipeline at the API. It is known by its description, so that an agent that
// starts anew finds it again; there is one per sensor and connector.
//
//   GET   /v3.0/oat/dataPipelines        ours is the one with our description; of several, the oldest
//   POST  /v3.0/oat/dataPipelines        where there is none
//   PATCH /v3.0/oat/dataPipelines/{id}   where its risk levels are not those of the configuration
//
// Thread: the loop.
// Source: Trend Vision One public API v3.0, oat/dataPipelines.
#pragma once

#include <set>
#include <string>

#include "agent/edges/api_call.h"
#include "base/clock.h"

namespace tidegate {

struct DataPipeline {
  std::string id;
  WallSeconds registered{};  // it serves what was packed after that
  bool fresh = false;        // it was registered just now
};

class PipelineRegistration {
 public:
  //   requires: `api` and `clock` outlive the object; levels are not empty
  PipelineRegistration(ApiCall& api, Clock& clock, std::string description, std::set<std::string> levels);

  asio::awaitable<Result<DataPipeline>> find_or_register();
  // `absent`: the API does not know it any more.
  asio::awaitable<Result<void>> look_up(std::string id);

 private:
  struct Found;

  asio::awaitable<Result<DataPipeline>> create();
  asio::awaitable<Result<void>> set_levels(std::string id);
  asio::awaitable<Result<ApiAnswer>> ask(std::string method, std::string url, Bytes body, HttpHeaders headers);
  Result<Found> ours_in(ByteView list) const;
  std::string levels_json() const;

  ApiCall& api_;
  Clock& clock_;
  std::string url_;
  std::string description_;
  std::set<std::string> levels_;
};

// What may stand as one segment of a path as it is.
bool is_path_segment(std::string_view id);

}  // namespace tidegate
