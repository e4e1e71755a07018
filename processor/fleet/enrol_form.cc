#include "processor/fleet/enrol_form.h"

#include <algorithm>
#include <array>
#include <optional>

namespace tidegate {
namespace {

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decoded(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      plain += text[at];
      continue;
    }
    if (text.size() - at < 3) return std::nullopt;
    const int high = digit_of(text[at + 1]);
    const int low = digit_of(text[at + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    plain += static_cast<char>(high * 16 + low);
    at += 2;
  }
  return plain;
}

Error wrong(std::string_view what) { return Error{Code::invalid, std::string{"enrolment form: "}.append(what)}; }

}  // namespace

Result<EnrolForm> read_enrol_form(ByteView body) {
  if (body.size() > enrol_form_bytes_max) return wrong("it is too large");
  constexpr std::array<std::string_view, 3> names{"sensor", "token", "csr"};
  std::array<std::optional<std::string>, 3> values;
  while (!body.empty()) {
    const ByteView pair = body.substr(0, body.find('&'));
    body.remove_prefix(std::min(body.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (equals == ByteView::npos) return wrong("a part of it is no pair");
    const auto at = std::find(names.begin(), names.end(), pair.substr(0, equals));
    if (at == names.end()) return wrong("it has a name that is not known");
    std::optional<std::string>& value = values[static_cast<std::size_t>(at - names.begin())];
    if (value) return wrong("a name comes twice");
    value = decoded(pair.substr(equals + 1));
    if (!value) return wrong("a percent sign stands without two hexadecimal digits");
  }
  if (!values[0] || !values[1] || !values[2]) return wrong("sensor, token and csr are needed");
  return EnrolForm{*std::move(values[0]), Secret{*std::move(values[1])}, *std::move(values[2])};
}

}  // namespace tidegate
