#include "agent/edges/pipeline_source.h"

#include <simdjson.h>

#include <algorithm>

#include "base/check.h"

namespace tidegate {
namespace {

using std::chrono::seconds;
using namespace std::chrono_literals;

constexpr std::string_view link_prefix = "package:";
constexpr std::string_view out_of_retention = "OutOfRetentionTime";
constexpr int list_top = 500;                 // the most that the API knows
constexpr std::size_t list_pages_max = 20;    // of one window: three packages a second
constexpr std::size_t ids_kept_max = 10'000;  // of packages: a day and more of one a minute, with its overlaps
constexpr std::uint32_t missing_times_max = 6;
// A broken answer now and then is the way's fault, not the package's.
constexpr std::uint32_t broken_times_max = 10;
// Packages are served from 30 s before the API's present on, windows of at most an hour, for seven days. The margins are for
// answers that are under way while the API's clock goes on.
constexpr seconds settle = 30s + 15s;
constexpr seconds window_max = 3600s;
constexpr seconds retention = std::chrono::days{7} - 1h;
// A package holds what came in before it was made. From this long after the registration on, all that came in is in packages.
constexpr seconds registration_margin = 120s;
// How long before a package was made what it holds may have come in: a minute or two, and as much again for what comes late.
constexpr seconds package_reach = 300s;

Labels labels_of(const VisionOneOptions& options) { return {{"connector", options.connector}}; }

}  // namespace

std::string pipeline_description(const std::string& sensor, const std::string& connector) {
  return "tidegate " + sensor + "/" + connector;
}

PipelineSource::PipelineSource(VisionOneOptions options, PipelineOptions pipeline, HttpSend send, RequestBudget& budget,
                               std::unique_ptr<Source> before, Surroundings around, Metrics& metrics)
    : api_(std::move(options), std::move(send), budget, around, metrics),
      registration_(api_, around.clock, std::move(pipeline.description), std::move(pipeline.risk_levels)),
      before_(std::move(before)),
      clock_(around.clock),
      taken_(ids_kept_max),
      counted_missing_(ids_kept_max),
      registrations_(metrics.counter("tidegate_pipeline_registrations_total", "Times that a data pipeline was registered.",
                                     labels_of(api_.options()))),
      packages_missing_(metrics.counter("tidegate_pipeline_packages_missing_total",
                                        "Packages of the data pipeline that were listed and not there.",
                                        labels_of(api_.options()))),
      packages_broken_(metrics.counter("tidegate_pipeline_packages_broken_total",
                                       "Packages of the data pipeline that could not be unpacked; kept as they came.",
                                       labels_of(api_.options()))) {}

std::uint32_t PipelineSource::Trouble::again(const std::string& package) {
  if (id != package) *this = {package, 0};
  return ++times;
}

void PipelineSource::Trouble::over(const std::string& package) {
  if (id == package) *this = {};
}

asio::awaitable<Result<Bytes>> PipelineSource::poll(const PageRequest& request) {
  // The successor is asked for: the page before it is stored.
  if (served_ && !request.link.empty() && served_->next_link == request.link) taken_.add(served_->id);
  served_.reset();
  if (!pipeline_ && !from_detections(request)) {
    Result<void> found = co_await find_pipeline(request);
    if (!found) co_return std::move(found).error();
  }
  if (from_detections(request)) co_return co_await poll_list(request);
  const bool known = listed_ && listed_->from == request.from && listed_->to == request.to;
  if (request.link.empty() || !known) {
    Result<void> listed = co_await list(request);
    if (!listed) co_return std::move(listed).error();
  }
  const std::optional<std::size_t> place = place_of(request);
  if (!place && !request.link.empty()) co_return Error{Code::absent, "the package is not listed any more"};
  if (!place) co_return Bytes{};
  co_return co_await fetch(request, listed_->packages[*place]);
}

Result<Page> PipelineSource::parse(const PageRequest& request, Bytes body) {
  if (from_detections(request)) return before_->parse(request, std::move(body));
  TG_ASSERT(listed_ && listed_->from == request.from && listed_->to == request.to, "a package is parsed after it was polled");
  const std::optional<std::size_t> place = place_of(request);
  if (!place) return Page{};
  const Package& package = listed_->packages[*place];
  Result<Page> page = page_of(package, body, request.to);
  if (!page) return page;
  if (*place + 1 < listed_->packages.size()) page->next_link = std::string{link_prefix} + listed_->packages[*place + 1].id;
  if (!package.missing) served_ = Served{package.id, page->next_link};
  return page;
}

SourceFacts PipelineSource::facts() const {
  SourceFacts facts = before_->facts();
  const std::optional<ApiTime>& told = api_.api_time();
  if (told && (!facts.api_time || facts.api_time->at < told->at)) facts.api_time = told;
  facts.settle = settle;
  facts.longest = window_max;
  facts.reach = package_reach;
  // While the pipeline is younger than that, what was before it is read from the list of detections.
  const WallTime now = api_.api_now().value_or(clock_.wall());
  if (pipeline_ && pipeline_->registered + registration_margin <= now - retention) facts.retention = retention;
  return facts;
}

bool PipelineSource::from_detections(const PageRequest& request) const {
  if (!request.link.empty()) return !request.link.starts_with(link_prefix);
  return pipeline_ && request.from < pipeline_->registered + registration_margin;
}

// A link to a package tells that a pipeline was in use, even if it was another life of the agent that used it.
asio::awaitable<Result<void>> PipelineSource::find_pipeline(const PageRequest& request) {
  Result<DataPipeline> found = co_await registration_.find_or_register();
  if (!found) co_return std::move(found).error();
  pipeline_ = *std::move(found);
  if (!pipeline_->fresh) co_return Result<void>{};
  registrations_.add();
  if (request.link.empty()) co_return Result<void>{};
  lost_at_ = request.from;
  co_return Error{Code::absent, "the API has forgotten the data pipeline: it was registered anew"};
}

asio::awaitable<Result<Bytes>> PipelineSource::poll_list(PageRequest request) {
  if (request.link.empty() && lost_at_ == request.from) request.from -= package_reach;
  co_return co_await before_->poll(request);
}

// The window's packages, but for those that were stored already.
asio::awaitable<Result<void>> PipelineSource::list(const PageRequest& request) {
  listed_.reset();
  std::vector<Package> packages;
  std::string url = pipeline_url() + "/packages?startDateTime=" + to_iso8601(request.from) +
                    "&endDateTime=" + to_iso8601(request.to) + "&top=" + std::to_string(list_top);
  for (std::size_t pages = 0; !url.empty(); ++pages) {
    if (pages >= list_pages_max) co_return Error{Code::corrupt, "the list of packages does not end"};
    Result<ApiAnswer> answer = co_await get(url, "application/json");
    if (!answer) co_return std::move(answer).error();
    const HttpResponse& response = answer->response;
    if (response.status == 404) co_return co_await lost(request);
    if (response.status == 400 && response.body.find(out_of_retention) != Bytes::npos)
      co_return Error{Code::gone, "the data pipeline does not keep packages as old as that any more"};
    if (response.status != 200) co_return answer->error(PageKind::first).in("packages of the data pipeline");
    Result<std::string> next = take_list_page(response.body, packages);
    if (!next) co_return std::move(next).error();
    if (*next == url) co_return Error{Code::corrupt, "the link of the list of packages is its own"};
    url = *std::move(next);
  }
  std::sort(packages.begin(), packages.end());
  packages.erase(std::unique(packages.begin(), packages.end()), packages.end());
  const std::string asked = request.link.empty() ? "" : request.link.substr(link_prefix.size());
  std::erase_if(packages, [&](const Package& package) { return package.id != asked && taken_.contains(package.id); });
  listed_ = Listed{request.from, request.to, std::move(packages)};
  co_return Result<void>{};
}

asio::awaitable<Result<Bytes>> PipelineSource::fetch(const PageRequest& request, Package& package) {
  Result<ApiAnswer> answer = co_await get(pipeline_url() + "/packages/" + package.id, "*/*");
  if (!answer) co_return std::move(answer).error();
  package.missing = answer->response.status == 404;
  if (answer->response.status == 200) {
    missing_.over(package.id);
    co_return std::move(answer->response.body);
  }
  if (!package.missing) co_return answer->error(PageKind::first).in("package " + package.id);
  // A pipeline that was forgotten answers so for each of its packages.
  Result<void> pipeline = co_await registration_.look_up(pipeline_->id);
  if (!pipeline && pipeline.error().code() == Code::absent) co_return co_await lost(request);
  if (!pipeline) co_return std::move(pipeline).error();
  if (!counted_missing_.contains(package.id) && missing_.again(package.id) < missing_times_max)
    co_return Error{Code::unavailable, "package " + package.id + " is listed, and not there"};
  if (counted_missing_.add(package.id)) packages_missing_.add();
  co_return Bytes{};
}

asio::awaitable<Error> PipelineSource::lost(const PageRequest& request) {
  pipeline_.reset();
  listed_.reset();
  lost_at_ = request.from;
  // Only a followed link can be absent; a first page is asked for again by itself.
  const Code code = request.link.empty() ? Code::unavailable : Code::absent;
  co_return Error{code, "the API has forgotten the data pipeline: it is registered anew"};
}

asio::awaitable<Result<ApiAnswer>> PipelineSource::get(std::string url, std::string accept) {
  HttpRequest request;
  request.url = std::move(url);
  request.headers.push_back({"Accept", std::move(accept)});
  co_return co_await api_.send(std::move(request));
}

// Appends what the page lists. The URL of the next page; empty: it was the last.
Result<std::string> PipelineSource::take_list_page(ByteView body, std::vector<Package>& packages) const {
  simdjson::dom::parser parser;
  simdjson::dom::object root;
  simdjson::dom::element items;
  if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS || root["items"].get(items) != simdjson::SUCCESS)
    return Error{Code::corrupt, "not a list of packages"};
  simdjson::dom::array array;
  if (items.get(array) == simdjson::SUCCESS) {
    for (const simdjson::dom::element element : array) {
      std::string_view id;
      std::string_view created;
      if (element["id"].get(id) != simdjson::SUCCESS || !is_path_segment(id))
        return Error{Code::corrupt, "a package that is listed has no id"};
      if (element["createdDateTime"].get(created) != simdjson::SUCCESS) created = {};
      packages.push_back({.created = std::string{created}, .id = std::string{id}});
    }
  }
  simdjson::dom::element link;
  if (root["nextLink"].get(link) != simdjson::SUCCESS || link.is_null()) return std::string{};
  std::string_view next;
  if (link.get(next) != simdjson::SUCCESS) return Error{Code::corrupt, "the link of the list of packages cannot be read"};
  if (next.empty()) return std::string{};
  return api_.own_link(next);
}

Result<Page> PipelineSource::page_of(const Package& package, ByteView body, WallTime fallback) {
  if (package.missing) return Page{};
  Result<Page> page = parser_.parse(package.id, body, fallback);
  if (page) broken_.over(package.id);
  else if (broken_.again(package.id) < broken_times_max) return std::move(page).error().in("package " + package.id);
  if (page) return page;
  // It is broken at the API: what follows it is worth more than one more try (P1).
  packages_broken_.add();
  broken_.over(package.id);
  return parser_.keep(package.id, body, fallback);
}

std::optional<std::size_t> PipelineSource::place_of(const PageRequest& request) const {
  const std::vector<Package>& packages = listed_->packages;
  if (request.link.empty()) return packages.empty() ? std::nullopt : std::optional<std::size_t>{0};
  const std::string_view id = std::string_view{request.link}.substr(link_prefix.size());
  const auto found = std::find_if(packages.begin(), packages.end(), [id](const Package& package) { return package.id == id; });
  if (found == packages.end()) return std::nullopt;
  return static_cast<std::size_t>(found - packages.begin());
}

std::string PipelineSource::pipeline_url() const {
  return api_.options().api_base_url + "/v3.0/oat/dataPipelines/" + pipeline_->id;
}

}  // namespace tidegate
