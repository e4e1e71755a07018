// P7: the API is asked no more often than the connector permits, and not at all while it has asked for peace. Both are kept for
// each token and endpoint (agent/edges/request_budget.h), and here outlive a sensor's restarts.
//
// What is seen are answers, each up to an answer's time after its request. So requests of a minute may be seen in a little less: as
// many more are allowed for as the budget lets through in that time, with its burst. And what was under way when the API asked for
// peace may be answered behind that.
#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <string_view>

#include "tests/sim/checkers.h"
#include "tests/sim/checkers/findings.h"

namespace tidegate {
namespace {

using std::chrono::seconds;

constexpr seconds minute{60};
constexpr seconds answer_max{1};
constexpr int too_many_requests = 429;

// What has a budget of its own, by a part of its URL.
constexpr std::array<std::string_view, 4> endpoints{"/workbench/alerts", "/audit/logs", "/oat/detections", "/oat/dataPipelines"};

double allowed(std::uint64_t per_minute) {
  const double rate = static_cast<double>(per_minute);
  const double burst = std::clamp(rate / 30, 1.0, 10.0);
  return rate + burst + rate * static_cast<double>(answer_max.count()) / static_cast<double>(minute.count()) + 1;
}

class Polite final : public Checker {
 public:
  void begin(SimFleet& fleet) override {
    fleet_ = &fleet;
    asked_.resize(fleet.sensors().size());
  }

  void on_request(std::size_t number, const HttpRequest& request, int status) override {
    const auto at =
        std::ranges::find_if(endpoints, [&](std::string_view each) { return request.url.find(each) != std::string::npos; });
    if (at == endpoints.end()) return;
    Asked& asked = asked_[number][token_of(request)][static_cast<std::size_t>(at - endpoints.begin())];
    const SimFleet::Sensor& sensor = fleet_->sensors()[number];
    const SteadyTime now = fleet_->now();
    if (now < asked.hold_until && now > asked.hold_from + answer_max)
      findings_.tell(*fleet_, sensor.name + " asks for " + std::string{*at} + " though it was told to wait");
    if (const auto wait = sensor.api->serve().retry_after; status == too_many_requests && wait) {
      asked.hold_from = now;
      asked.hold_until = std::max(asked.hold_until, now + *wait);
    }
    asked.times.push_back(now);
    while (now - asked.times.front() >= minute) asked.times.pop_front();
    const std::uint64_t permitted = sensor.options.connector.requests_per_minute;
    if (static_cast<double>(asked.times.size()) > allowed(permitted))
      findings_.tell(*fleet_, sensor.name + " asks for " + std::string{*at} + " " + std::to_string(asked.times.size()) +
                                  " times within a minute; " + std::to_string(permitted) + " are permitted");
  }

  void end(SimFleet& fleet) override { findings_.tell_rest(fleet); }

 private:
  struct Asked {
    std::deque<SteadyTime> times;  // in the last minute
    SteadyTime hold_from{};        // when it was told to wait last
    SteadyTime hold_until{};
  };

  static std::string token_of(const HttpRequest& request) {
    const auto found = std::ranges::find(request.headers, "Authorization", &HttpHeader::name);
    return found == request.headers.end() ? std::string{} : found->value;
  }

  SimFleet* fleet_ = nullptr;
  std::vector<std::map<std::string, std::array<Asked, endpoints.size()>>> asked_;  // by sensor, then by token
  Findings findings_{"P7: a recovery hurts nobody"};
};

}  // namespace

std::unique_ptr<Checker> make_polite() { return std::make_unique<Polite>(); }

}  // namespace tidegate
