#include <algorithm>
#include <boost/json/parser.hpp>

#include "respond/template_encode.h"
#include "respond/template_parts.h"
#include "transport/query_string.h"
#include "transport/utf8.h"

namespace tidegate {
namespace {

constexpr std::size_t body_depth_max = 32;

// "line 3, column 12", counted from 1, in bytes.
std::string place_in_template(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  const auto lines = std::ranges::count(before, '\n');
  const std::size_t line_begin = before.rfind('\n') + 1;  // 0 where there is none
  return "line " + std::to_string(lines + 1) + ", column " + std::to_string(at - line_begin + 1);
}

// Servers there are that decode a slash before they look for dots, and some take a backslash for one.
bool has_dots_alone(std::string_view segment) {
  while (true) {
    const std::size_t slash = segment.find_first_of("/\\");
    const std::string_view part = segment.substr(0, slash);
    if (part == "." || part == "..") return true;
    if (slash == std::string_view::npos) return false;
    segment.remove_prefix(slash + 1);
  }
}

// What both kinds of template share: the text, how far it was read, and the pieces so far.
class TemplateReader {
 public:
  TemplateReader(std::string_view text, TemplatePlace place) : text_(text) { parts_.place = place; }

 protected:
  std::string_view rest() const { return text_.substr(std::min(at_, text_.size())); }

  Error invalid_at(std::size_t at, std::string_view why) const {
    return {Code::invalid, place_in_template(text_, at) + ": " + std::string{why}};
  }

  void take(std::size_t bytes) {
    literal_.append(rest().substr(0, bytes));
    at_ += std::min(bytes, rest().size());
  }

  void end_literal() {
    if (literal_.empty()) return;
    parts_.pieces.push_back({std::move(literal_), std::nullopt, {}});
    literal_.clear();
  }

  // Reads a placeholder that begins here.
  Result<TemplateExpression> read_expression(TemplateStanding standing) {
    if (parts_.placeholders.size() >= template_placeholders_max)
      return invalid_at(at_, "more than " + std::to_string(template_placeholders_max) + " placeholders");
    at_ += 2;
    auto expression = parse_template_expression(text_, at_, standing);
    if (!expression) return invalid_at(at_, expression.error().text());
    return expression;
  }

  void add_placeholder(TemplateExpression expression, TemplateStanding standing) {
    end_literal();
    parts_.pieces.push_back({{}, parts_.placeholders.size(), {}});
    parts_.placeholders.push_back({std::move(expression), standing});
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string literal_;
  TemplateParts parts_;
};

// A body: follows strings and brackets, which is enough to know where a placeholder stands. That the whole is JSON is seen by a
// parser, which gets a string in place of each placeholder: no number, name or escape can then be put together from two parts.
class BodyTemplateReader : private TemplateReader {
 public:
  explicit BodyTemplateReader(std::string_view text) : TemplateReader(text, TemplatePlace::json_body), stand_in_(text) {}

  Result<TemplateParts> read() {
    while (!rest().empty()) {
      if (rest().starts_with("{{")) {
        if (auto done = read_placeholder(); !done) return std::move(done).error();
      } else if (in_string_) {
        if (auto done = read_in_string(); !done) return std::move(done).error();
      } else {
        read_outside();
      }
    }
    end_literal();
    if (auto done = check_is_json(); !done) return std::move(done).error();
    return std::move(parts_);
  }

 private:
  struct Bracket {
    char opened = '{';
    bool is_element = false;      // an object in a list
    std::size_t first_piece = 0;  // of an element
    bool repeated = false;        // a placeholder in it says `each`
    bool holds_repeated = false;  // an element inside it is repeated
  };

  bool key_ends_here() const {
    const std::size_t next = rest().find_first_not_of(" \t\r\n");
    return next != std::string_view::npos && rest()[next] == ':';
  }

  Result<void> read_in_string() {
    if (rest().front() == '\\') {
      take(2);
      return {};
    }
    const bool ends = rest().front() == '"';
    take(1);
    in_string_ = !ends;
    if (ends && string_has_placeholder_ && key_ends_here())
      return invalid_at(string_begin_, "a placeholder stands in a key: only values can be filled in");
    return {};
  }

  void read_outside() {
    const char c = rest().front();
    if (c == '"') {
      in_string_ = true;
      string_has_placeholder_ = false;
      string_begin_ = at_;
    } else if (c == '{' || c == '[') {
      Bracket bracket{.opened = c};
      bracket.is_element = c == '{' && !brackets_.empty() && brackets_.back().opened == '[';
      if (bracket.is_element) end_literal();
      bracket.first_piece = parts_.pieces.size();
      brackets_.push_back(bracket);
    }
    take(1);
    if ((c == '}' || c == ']') && !brackets_.empty()) {
      const Bracket closed = brackets_.back();
      brackets_.pop_back();
      if (closed.repeated) repeat_from(closed.first_piece);
    }
  }

  // What was read since then is an element that is repeated.
  void repeat_from(std::size_t first_piece) {
    end_literal();
    const auto begin = parts_.pieces.begin() + static_cast<std::ptrdiff_t>(first_piece);
    TemplatePiece repeated;
    repeated.element.assign(std::make_move_iterator(begin), std::make_move_iterator(parts_.pieces.end()));
    parts_.pieces.erase(begin, parts_.pieces.end());
    parts_.pieces.push_back(std::move(repeated));
    for (Bracket& outer : brackets_) outer.holds_repeated = true;
  }

  Result<void> read_placeholder() {
    const std::size_t begin = at_;
    const TemplateStanding standing = in_string_ ? TemplateStanding::json_text : TemplateStanding::json_value;
    auto expression = read_expression(standing);
    if (!expression) return std::move(expression).error();
    string_has_placeholder_ = true;
    if (!in_string_ && key_ends_here()) return invalid_at(begin, "a placeholder stands as a key: only values can be filled in");
    put_stand_in(begin);
    if (expression->path.empty()) {
      if (!in_string_) literal_.push_back('"');
      append_json_text(literal_, expression->text);
      if (!in_string_) literal_.push_back('"');
      return {};
    }
    if (expression->pick == TemplatePick::each)
      if (const std::string_view flaw = begin_repeating(begin); !flaw.empty()) return invalid_at(begin, flaw);
    add_placeholder(std::move(*expression), standing);
    return {};
  }

  // Empty: the innermost element is repeated from now on. Else why it cannot be.
  std::string_view begin_repeating(std::size_t begin) {
    if (!in_string_ || string_begin_ + 1 != begin || !rest().starts_with('"') || brackets_.empty() || !brackets_.back().is_element)
      return "each stands alone in a string of an object that is an element of a list, as in [{\"ip\": \"{{ips | each}}\"}]";
    if (brackets_.back().repeated) return "an element has one each";
    if (brackets_.back().holds_repeated || std::ranges::any_of(brackets_, &Bracket::repeated))
      return "each stands in no element inside of another one with each";
    brackets_.back().repeated = true;
    return {};
  }

  // As long as the placeholder, so that the parser's places are those of the template.
  void put_stand_in(std::size_t begin) {
    for (std::size_t i = begin; i < at_; ++i) stand_in_[i] = 'x';
    if (!in_string_) stand_in_[begin] = stand_in_[at_ - 1] = '"';
  }

  Result<void> check_is_json() const {
    boost::json::parse_options options;
    options.max_depth = body_depth_max;
    boost::json::parser parser{{}, options};
    boost::json::error_code failed;
    const std::size_t read = parser.write_some(stand_in_.data(), stand_in_.size(), failed);
    if (!failed && read == stand_in_.size()) return {};
    const std::string why = failed ? failed.message() : "something follows the value";
    return invalid_at(std::min(read, stand_in_.size()), "the body is no JSON: " + why);
  }

  std::string stand_in_;
  bool in_string_ = false;
  bool string_has_placeholder_ = false;
  std::size_t string_begin_ = 0;
  std::vector<Bracket> brackets_;
};

// A path and its query: the template's own text is that of a URI already.
class PathTemplateReader : private TemplateReader {
 public:
  explicit PathTemplateReader(std::string_view text) : TemplateReader(text, TemplatePlace::path_and_query) {}

  Result<TemplateParts> read() {
    if (!rest().starts_with('/')) return invalid_at(0, "a path begins with '/', as in /v3.0/response/tasks");
    while (!rest().empty()) {
      auto done = rest().starts_with("{{") ? read_placeholder() : read_character();
      if (!done) return std::move(done).error();
    }
    end_literal();
    if (leads_out_of_path(stand_in_)) return invalid_at(0, "a path has no segment \".\" or \"..\", and does not begin with \"//\"");
    return std::move(parts_);
  }

 private:
  Result<void> read_character() {
    const char c = rest().front();
    if (c == '%' && !percent_decoded(rest().substr(0, 3)))
      return invalid_at(at_, "'%' stands before two hexadecimal digits: write %25 for it");
    if (std::string_view{"\"#<>\\^`{|}"}.find(c) != std::string_view::npos || c <= ' ' || c > '~')
      return invalid_at(at_, "a path or query has no such character: write it percent-encoded, as in %20 for a blank");
    if (c == '?') in_query_ = true;
    stand_in_.push_back(c);
    take(1);
    return {};
  }

  Result<void> read_placeholder() {
    const std::size_t begin = at_;
    const TemplateStanding standing = in_query_ ? TemplateStanding::query_value : TemplateStanding::path_segment;
    auto expression = read_expression(standing);
    if (!expression) return std::move(expression).error();
    if (expression->pick == TemplatePick::each) return invalid_at(begin, "each stands in a JSON body alone: use first or join");
    if (expression->path.empty()) {
      const std::string encoded = percent_encoded(expression->text);
      stand_in_.append(encoded);
      literal_.append(encoded);
    } else {
      stand_in_.push_back('x');
      add_placeholder(std::move(*expression), standing);
    }
    return {};
  }

  std::string stand_in_;
  bool in_query_ = false;
};

}  // namespace

bool leads_out_of_path(std::string_view path_and_query) {
  std::string_view path = path_and_query.substr(0, path_and_query.find('?'));
  if (path.starts_with("//")) return true;
  while (!path.empty()) {
    path.remove_prefix(1);  // '/'
    const std::string_view segment = path.substr(0, path.find('/'));
    const std::optional<std::string> decoded = percent_decoded(segment);
    if (!decoded || has_dots_alone(*decoded)) return true;
    path.remove_prefix(segment.size());
  }
  return false;
}

Result<RequestTemplate> RequestTemplate::parse(std::string_view text, TemplatePlace place) {
  if (text.size() > template_bytes_max)
    return Error{Code::invalid, "the template is longer than " + std::to_string(template_bytes_max) + " bytes"};
  if (!is_utf8(text)) return Error{Code::invalid, "the template is no UTF-8"};
  auto parts = place == TemplatePlace::json_body ? BodyTemplateReader{text}.read() : PathTemplateReader{text}.read();
  if (!parts) return std::move(parts).error();
  return RequestTemplate{std::make_shared<const TemplateParts>(std::move(*parts))};
}

RequestTemplate::RequestTemplate(std::shared_ptr<const TemplateParts> parts) : parts_(std::move(parts)) {}

}  // namespace tidegate
