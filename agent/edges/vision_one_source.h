// VisionOneSource: one content type of the Vision One API as a Source. It knows paths, parameters and page links; HTTP, the
// budget of requests and the token come from outside, so a simulation can stand behind it.
//
//   alerts       GET /v3.0/workbench/alerts   updatedDateTime, ascending: an alert that changes comes again
//   audit logs   GET /v3.0/audit/logs         ingestedDateTime, ascending; loggedDateTime where the tenant does not know it
//   techniques   GET /v3.0/oat/detections     ingested*, with a wide detected* so that its default hour never applies
//
// A page link is followed as it is, but only to the host that was asked: a foreign one is refused (`corrupt`).
//
// Audit logs are as late as audit_lateness_max until a first page by ingestedDateTime was answered: a window that another life of
// the agent began may have been asked for by the other time. A window whose pages of 200 records are larger than the HTTP client
// takes is asked for in pages of 50.
//
// Thread: the loop.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "agent/edges/api_call.h"
#include "agent/edges/vision_one_page.h"
#include "agent/ports.h"

namespace tidegate {

// Asked by loggedDateTime, an audit log is visible only once it is ingested, and how late that may be is not published. Nothing
// tells of one that came later than this.
inline constexpr std::chrono::hours audit_lateness_max{24};
// After this long, a tenant that did not know ingestedDateTime is asked for it again: it may have been upgraded.
inline constexpr std::chrono::hours ingested_asked_again{24};

class VisionOneSource final : public Source {
 public:
  //   requires: what the references name outlives the source
  VisionOneSource(VisionOneOptions options, HttpSend send, RequestBudget& budget, Surroundings around, Metrics& metrics);

  asio::awaitable<Result<Bytes>> poll(const PageRequest& request) override;
  Result<Page> parse(const PageRequest& request, Bytes body) override;
  ByteView likely_next(ByteView body) const override;
  SourceFacts facts() const override;

 private:
  // Which of its two times an audit log is asked for by.
  enum class AuditTime : unsigned char { ingested, logged };

  asio::awaitable<Result<Bytes>> poll_first(const PageRequest& request);
  asio::awaitable<Result<Bytes>> poll_link(const PageRequest& request);
  asio::awaitable<Result<Bytes>> first_page_by_logged(const PageRequest& request, Error refused);
  asio::awaitable<Result<ApiAnswer>> get_first(const PageRequest& request, AuditTime time);
  asio::awaitable<Result<ApiAnswer>> get(std::string url);
  std::string first_page(const PageRequest& request, AuditTime time) const;
  WallSeconds detected_end(const PageRequest& request) const;  // of techniques

  ApiCall api_;
  Clock& clock_;
  VisionOnePageParser parser_;
  std::optional<SteadyTime> logged_since_;  // audit logs: ingestedDateTime was refused then, and loggedDateTime taken
  bool ingested_known_ = false;             // audit logs: a first page by ingestedDateTime was answered
  std::optional<WallSeconds> small_pages_;  // where the window begins whose pages of the usual size are too large
};

}  // namespace tidegate
