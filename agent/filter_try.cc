#include "agent/filter_try.h"

#include <algorithm>
#include <utility>

#include "agent/text_cut.h"
#include "config/filter_query.h"
#include "config/nearest.h"
#include "match/document.h"
#include "transport/msgpack_view.h"

namespace tidegate {
namespace {

std::string text_at(ByteView payload, std::string_view field) {
  const std::optional<MsgpackView> record = MsgpackView::open(payload);
  const std::optional<MsgpackView> value = record ? record->find(field) : std::nullopt;
  return std::string{value ? value->as_str().value_or(std::string_view{}) : std::string_view{}};
}

}  // namespace

// One content type, window by window.
struct FilterTry::Sweep {
  std::string_view id_field;
  WallSeconds from{};  // of the window
  WallSeconds to{};
  std::size_t pages = 0;
  bool window_whole = false;
  bool clocks_compared = false;
  ContentFindings findings;
};

Result<FilterTry> FilterTry::make(std::string_view query, const FilterTryPlan& plan) {
  Result<Query> parsed = parse_filter_query(query);
  if (!parsed) return std::move(parsed).error();
  Result<Matcher> matcher = Matcher::make(*parsed, DocumentKind::api_record);
  if (!matcher) return std::move(matcher).error();
  return FilterTry{*std::move(matcher), fields_of(*parsed), plan};
}

asio::awaitable<ContentFindings> FilterTry::read(Source& source, ContentType type, std::string_view id_field, const Clock& clock) {
  Sweep sweep;
  sweep.id_field = id_field;
  sweep.findings.type = type;
  sweep.findings.from = sweep.findings.to = sweep.from = plan_.to;
  const SourceFacts facts = source.facts();
  const std::chrono::seconds reach = std::min(plan_.reach, facts.retention.value_or(plan_.reach));
  WallSeconds oldest = plan_.to - reach;
  const std::chrono::seconds longest = std::min(plan_.longest, facts.longest.value_or(plan_.longest));
  std::chrono::seconds span = std::min(plan_.first_window, longest);
  for (std::size_t windows = 0; sweep.from > oldest && windows < filter_windows_max; ++windows) {
    sweep.to = sweep.from;
    sweep.from = std::max(oldest, sweep.to - span);
    Result<Outcome> outcome = co_await read_window(source, sweep, clock);
    if (!outcome) {
      sweep.findings.error = std::move(outcome).error();
      co_return std::move(sweep.findings);
    }
    if (*outcome == Outcome::end_moved) {
      sweep.findings.from = sweep.findings.to = sweep.from = plan_.to;
      oldest = plan_.to - reach;
      continue;
    }
    sweep.findings.from = sweep.from;
    if (!sweep.window_whole || sweep.pages >= plan_.pages_max) break;
    span = std::min(2 * span, longest);
  }
  sweep.findings.whole = sweep.window_whole && sweep.from <= oldest;
  co_return std::move(sweep.findings);
}

// A window's last page costs nothing, so that quiet hours do not use the pages up.
asio::awaitable<Result<FilterTry::Outcome>> FilterTry::read_window(Source& source, Sweep& sweep, const Clock& clock) {
  PageRequest request{.from = sweep.from, .to = sweep.to, .link = {}};
  do {
    Result<Bytes> body = co_await source.poll(request);
    // Any answer tells the time, also one that refuses a window in the API's future.
    if (!std::exchange(sweep.clocks_compared, true) && end_moved(source, clock)) co_return Outcome::end_moved;
    if (!body) co_return std::move(body).error();
    Result<Page> page = source.parse(request, *std::move(body));
    if (!page) co_return std::move(page).error();
    look_at(*page, sweep);
    request.link = page->next_link;
    if (!request.link.empty()) ++sweep.pages;
  } while (!request.link.empty() && sweep.pages < plan_.pages_max);
  sweep.window_whole = request.link.empty();
  co_return Outcome::read;
}

bool FilterTry::end_moved(const Source& source, const Clock& clock) {
  using std::chrono::seconds;
  const std::optional<ApiTime> told = source.facts().api_time;
  if (!told) return false;
  const WallTime api_now = told->time + (clock.steady() - told->at);
  const seconds ahead = std::chrono::floor<seconds>(api_now) - std::chrono::floor<seconds>(clock.wall());
  if (std::chrono::abs(ahead - ahead_) <= filter_clocks_apart) return false;
  plan_.to += ahead - ahead_;
  ahead_ = ahead;
  return true;
}

void FilterTry::look_at(const Page& page, Sweep& sweep) {
  ContentFindings& findings = sweep.findings;
  for (const Record& record : page.records) {
    if (!record.understood) {
      ++findings.odd;
      continue;
    }
    ++findings.records;
    note_paths(page.payload(record));
    if (!matcher_.matches(page.payload(record))) continue;
    ++findings.matching;
    if (findings.examples.size() < filter_examples_max) findings.examples.push_back(example_of(page, record, sweep.id_field));
  }
}

void FilterTry::note_paths(ByteView payload) {
  for (DocumentWalk walk{payload}; walk.next();) {
    for (std::size_t i = 0; i < fields_.size(); ++i)
      if (at_or_below(walk.path(), fields_[i])) fields_seen_[i] = true;
    const bool room = paths_seen_.size() < filter_paths_seen_max;
    if (room && paths_seen_.find(walk.path()) == paths_seen_.end()) paths_seen_.emplace(walk.path());
  }
}

FilterExample FilterTry::example_of(const Page& page, const Record& record, std::string_view id_field) const {
  const ByteView payload = page.payload(record);
  FilterExample example{.id = text_at(payload, id_field), .time = record.time, .values = {}};
  std::string room;
  for (const std::string& field : fields_) {
    FieldValues found{.field = field, .values = {}};
    for (DocumentWalk walk{payload}; walk.next() && found.values.size() < filter_values_max;) {
      if (at_or_below(walk.path(), field)) found.values.emplace_back(cut(text_of(walk.value(), room), filter_value_bytes_max));
    }
    if (!found.values.empty()) example.values.push_back(std::move(found));
  }
  return example;
}

std::vector<UnknownField> FilterTry::unknown_fields() const {
  std::vector<UnknownField> unknown;
  if (paths_seen_.empty()) return unknown;
  const std::vector<std::string_view> seen{paths_seen_.begin(), paths_seen_.end()};
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (fields_seen_[i]) continue;
    // A field that was named without the way to it is as common a slip as a wrong letter.
    const auto ends_so = [end = "." + fields_[i]](std::string_view path) { return path.ends_with(end); };
    const auto found = std::find_if(seen.begin(), seen.end(), ends_so);
    std::optional<std::string_view> near = nearest(fields_[i], seen);
    if (found != seen.end()) near = *found;
    unknown.push_back({fields_[i], near ? std::optional<std::string>{*near} : std::nullopt});
  }
  return unknown;
}

}  // namespace tidegate
