#include <algorithm>
#include <charconv>

#include "config/ascii.h"
#include "respond/template_parts.h"
#include "transport/msgpack_json.h"

namespace tidegate {
namespace {

constexpr std::size_t path_bytes_max = 256;

bool in_path_word(char c) {
  return is_letter_or_digit(c) || c == '_' || c == '-' || c == '@' || static_cast<unsigned char>(c) >= 0x80;
}

bool has_word_around_each_dot(std::string_view path) {
  return path.front() != '.' && path.back() != '.' && path.find("..") == std::string_view::npos;
}

// One that every reader of JSON takes: none beyond a double's range.
bool is_number_of_json(std::string_view text) {
  if (!is_json_number(text)) return false;
  double number = 0;
  return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc{};
}

// Reads on from a place in the template.
class ExpressionReader {
 public:
  ExpressionReader(std::string_view text, std::size_t& at, TemplateStanding standing) : text_(text), at_(at), standing_(standing) {}

  Result<TemplateExpression> read() {
    skip_blanks();
    if (rest().starts_with("}}")) return invalid("a placeholder is empty: write {{path}}");
    if (!opening_quote().empty()) {
      auto text = quoted();
      if (!text) return std::move(text).error();
      expression_.text = std::move(*text);
      skip_blanks();
      if (rest().starts_with('|')) return invalid("a text in quotes takes no filter");
    } else {
      if (auto done = read_path(); !done) return std::move(done).error();
      if (auto done = read_filters(); !done) return std::move(done).error();
    }
    if (!rest().starts_with("}}")) return invalid("expected }} here: a placeholder is {{path}} or {{path | filter}}");
    at_ += 2;
    return std::move(expression_);
  }

 private:
  static Error invalid(std::string why) { return {Code::invalid, std::move(why)}; }
  std::string_view rest() const { return text_.substr(std::min(at_, text_.size())); }

  void skip_blanks() {
    while (rest().starts_with(' ') || rest().starts_with('\t')) ++at_;
  }

  std::string_view opening_quote() const {
    if (standing_ == TemplateStanding::json_text && rest().starts_with("\\\"")) return "\\\"";
    if (rest().starts_with('"')) return "\"";
    if (rest().starts_with('\'')) return "'";
    return {};
  }

  Result<std::string> quoted() {
    const std::string_view quote = opening_quote();
    const std::string_view behind = rest().substr(quote.size());
    const std::size_t bytes = behind.find(quote);
    const std::string_view content = behind.substr(0, bytes);
    if (bytes == std::string_view::npos ||
        std::ranges::any_of(content, [](char c) { return static_cast<unsigned char>(c) < 0x20; }))
      return invalid("a text in quotes does not end on its line");
    if (content.find('\\') != std::string_view::npos) return invalid("a text in quotes has no backslash; quotes are \"…\" or '…'");
    at_ += 2 * quote.size() + bytes;
    return std::string{content};
  }

  Result<void> read_path() {
    const std::string_view from = rest();
    const auto end = std::ranges::find_if(from, [](char c) { return !in_path_word(c) && c != '.'; });
    const std::string_view path = from.substr(0, static_cast<std::size_t>(end - from.begin()));
    if (path.empty()) return invalid("expected a path here, as in {{trendmicro_visionone.id}}");
    if (!has_word_around_each_dot(path)) return invalid("a path has a word on each side of a dot");
    if (path.size() > path_bytes_max) return invalid("a path is longer than " + std::to_string(path_bytes_max) + " bytes");
    expression_.path = path;
    at_ += path.size();
    skip_blanks();
    return {};
  }

  Result<void> read_filters() {
    while (rest().starts_with('|')) {
      ++at_;
      skip_blanks();
      const std::size_t begin = at_;
      while (!rest().empty() && in_path_word(rest().front())) ++at_;
      const std::string filter{text_.substr(begin, at_ - begin)};
      skip_blanks();
      if (auto done = read_filter(filter); !done) return done;
      skip_blanks();
    }
    return {};
  }

  Result<void> read_filter(const std::string& filter) {
    if (filter == "default") {
      if (expression_.otherwise) return invalid("a placeholder has one default");
      return read_default();
    }
    const bool joins = filter == "join";
    if (!joins && filter != "first" && filter != "each")
      return invalid("'" + filter + "' is no filter: there are default, each, first and join");
    if (expression_.pick != TemplatePick::as_is) return invalid("of first, join and each a placeholder has one");
    expression_.pick = joins ? TemplatePick::join : filter == "first" ? TemplatePick::first : TemplatePick::each;
    if (!joins) return {};
    if (!argument_follows() || opening_quote().empty()) return invalid("join takes what stands between, as in join: \", \"");
    auto separator = quoted();
    if (!separator) return std::move(separator).error();
    expression_.separator = std::move(*separator);
    return {};
  }

  Result<void> read_default() {
    if (!argument_follows()) return invalid("default takes a value, as in default: \"x\"");
    TemplateDefault otherwise;
    if (!opening_quote().empty()) {
      auto text = quoted();
      if (!text) return std::move(text).error();
      otherwise.text = std::move(*text);
    } else {
      const std::size_t bytes = std::min(rest().find_first_of(" \t|}"), rest().size());
      otherwise.text = rest().substr(0, bytes);
      otherwise.quoted = false;
      if (otherwise.text != "true" && otherwise.text != "false" && !is_number_of_json(otherwise.text))
        return invalid("a default is a text in quotes, a number, true or false");
      at_ += bytes;
    }
    expression_.otherwise = std::move(otherwise);
    return {};
  }

  bool argument_follows() {
    if (!rest().starts_with(':')) return false;
    ++at_;
    skip_blanks();
    return true;
  }

  std::string_view text_;
  std::size_t& at_;
  TemplateStanding standing_;
  TemplateExpression expression_;
};

}  // namespace

bool is_template_path(std::string_view text) {
  const auto in_path = [](char c) { return in_path_word(c) || c == '.'; };
  return !text.empty() && text.size() <= path_bytes_max && std::ranges::all_of(text, in_path) && has_word_around_each_dot(text);
}

Result<TemplateExpression> parse_template_expression(std::string_view text, std::size_t& at, TemplateStanding standing) {
  return ExpressionReader{text, at, standing}.read();
}

}  // namespace tidegate
