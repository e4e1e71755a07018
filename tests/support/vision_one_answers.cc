#include "tests/support/vision_one_answers.h"

#include <cstdio>

#include "base/log.h"

namespace tidegate {

SimResponse json_answer(Bytes body, unsigned status) {
  SimResponse response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "application/json");
  response.body = std::move(body);
  return response;
}

Bytes error_body(const ApiError& error) {
  Bytes body = R"({"error":{"code":)";
  append_json_string(body, error.code);
  body.append(R"(,"message":)");
  append_json_string(body, error.message);
  if (error.number != 0) body.append(R"(,"number":)").append(std::to_string(error.number));
  return body.append("}}");
}

SimResponse error_answer(const ApiError& error) { return json_answer(error_body(error), error.status); }

SimResponse bad_request(std::string_view message) { return error_answer({.message = message}); }

SimResponse invalid_credentials() {
  return json_answer(
      R"({"error":{"code":"InvalidCredentials","message":"Invalid credentials.","innererror":{"code":"InvalidToken","service":"svp"}}})",
      401);
}

std::string http_date(WallTime time) {
  using namespace std::chrono;
  static constexpr const char* days_of_week[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months_of_year[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto second = floor<seconds>(time);
  const auto day = floor<days>(second);
  const year_month_day date{day};
  const hh_mm_ss clock{second - day};
  char text[48];
  const int length =
      std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d GMT", days_of_week[weekday{day}.c_encoding()],
                    static_cast<unsigned>(date.day()), months_of_year[static_cast<unsigned>(date.month()) - 1],
                    static_cast<int>(date.year()), static_cast<int>(clock.hours().count()),
                    static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  return {text, static_cast<std::size_t>(length)};
}

}  // namespace tidegate
