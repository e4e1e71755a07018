#include <algorithm>
#include <boost/json/value.hpp>
#include <optional>

#include "base/check.h"
#include "respond/candidates.h"
#include "respond/foreign_json.h"
#include "respond/template_encode.h"
#include "respond/template_lookup.h"
#include "respond/template_parts.h"
#include "transport/query_string.h"

namespace tidegate {
namespace {

namespace json = boost::json;

constexpr std::size_t candidates_shown_max = 5;  // of one missing field
constexpr std::size_t candidate_shown_bytes_max = 120;

std::string shown_in_line(std::string_view value) {
  const bool cut = value.size() > candidate_shown_bytes_max;
  return one_line(value, candidate_shown_bytes_max) + (cut ? "…" : "");
}

std::string shown_candidate(const Candidate& candidate) {
  std::string text{key_of(candidate.type)};
  text.append(" ").append(shown_in_line(candidate.value));
  if (!candidate.shown.empty()) text.append(" (endpoint ").append(shown_in_line(candidate.shown)).append(")");
  return text.append(" at ").append(shown_in_line(candidate.path));
}

// What the record has to offer; found once, and only where something is missing.
class Offers {
 public:
  explicit Offers(const json::object& record) : any_(!record.empty()), objects_(objects_of_record(record)) {}

  std::string line_for(const std::string& path) const {
    if (!any_) return path + ": is not given, and there is no record to take it from";
    std::string line = path + ": is neither given nor in the record";
    std::vector<std::string> meant = meant_by(path);
    if (meant.empty()) return line + ": give it a value, or the template a default";
    const bool more = meant.size() > candidates_shown_max;
    if (more) meant.resize(candidates_shown_max);
    std::string_view before = "; the record has: ";
    for (const std::string& each : meant) {
      line.append(before).append(each);
      before = ", ";
    }
    return more ? line + ", and more" : line;
  }

 private:
  // The likeliest type first.
  std::vector<std::string> meant_by(std::string_view path) const {
    std::vector<std::string> texts;
    if (mail_box_meant_by(path))
      for (const MailBox& box : objects_.mail_boxes) texts.push_back(shown_in_line(box.address) + " at " + shown_in_line(box.path));
    for (const ObjectType type : object_types_meant_by(path))
      for (const Candidate& candidate : objects_.candidates)
        if (candidate.type == type) texts.push_back(shown_candidate(candidate));
    return texts;
  }

  bool any_;
  RecordObjects objects_;
};

// A placeholder, encoded for where it stands: once, or for `each` once for each value.
using PlaceholderTexts = std::vector<std::string>;

class Renderer {
 public:
  Renderer(const TemplateParts& parts, const RenderInput& input) : parts_(parts), input_(input) {}

  Result<std::string> render() {
    for (const TemplatePlaceholder& placeholder : parts_.placeholders) {
      fillings_.push_back(filling_of(placeholder));
      if (too_long_) return too_long();
    }
    if (!flaws_.empty()) return refused();
    for (const TemplatePiece& piece : parts_.pieces) append(piece, 0);
    if (too_long_) return too_long();
    if (parts_.place == TemplatePlace::path_and_query && leads_out_of_path(out_))
      return Error{Code::invalid, "a value makes a segment of the path \".\" or \"..\", or the path begin with \"//\""};
    return std::move(out_);
  }

 private:
  std::size_t bytes_max() const {
    return parts_.place == TemplatePlace::json_body ? rendered_body_bytes_max : rendered_path_bytes_max;
  }

  Error too_long() const { return {Code::invalid, "it renders to more than " + std::to_string(bytes_max()) + " bytes"}; }

  Error refused() const {
    std::string lines;
    for (const std::string& flaw : flaws_) lines.append(lines.empty() ? "" : "\n").append(flaw);
    return {Code::invalid, std::move(lines)};
  }

  void add_flaw(std::string line) {
    if (std::ranges::find(flaws_, line) == flaws_.end()) flaws_.push_back(std::move(line));
  }

  PlaceholderTexts filling_of(const TemplatePlaceholder& placeholder) {
    const TemplateExpression& expression = placeholder.expression;
    LookedUp found = look_up(input_.given, expression.path);
    if (found.values.empty()) found = look_up(input_.record, expression.path);
    if (found.values.empty()) {
      if (expression.otherwise) return default_of(placeholder);
      if (!offers_) offers_.emplace(input_.record);
      add_flaw(offers_->line_for(expression.path));
      return {};
    }
    if (expression.pick == TemplatePick::first) {
      found.values.resize(1);
      found.whole = found.values.front();
    }
    if (expression.pick == TemplatePick::each) return each_of(expression, found);
    if (expression.pick == TemplatePick::join) return joined(placeholder, found);
    if (placeholder.standing == TemplateStanding::json_value) return value_of(expression, found);
    if (found.values.size() > 1) {
      add_flaw(expression.path + ": has " + std::to_string(found.values.size()) + " values where one is wanted: use first or join");
      return {};
    }
    return joined(placeholder, found);
  }

  PlaceholderTexts default_of(const TemplatePlaceholder& placeholder) {
    const TemplateDefault& otherwise = *placeholder.expression.otherwise;
    if (placeholder.standing == TemplateStanding::json_value && !otherwise.quoted) return {otherwise.text};
    return {encoded(otherwise.text, placeholder.standing)};
  }

  PlaceholderTexts value_of(const TemplateExpression& expression, const LookedUp& found) {
    std::string text;
    bool whole = true;
    if (found.whole != nullptr) {
      whole = append_json_value(text, *found.whole);
    } else {
      for (const json::value* value : found.values) {
        text.push_back(text.empty() ? '[' : ',');
        whole = whole && append_json_value(text, *value);
      }
      text.push_back(']');
    }
    if (!whole) add_flaw(expression.path + ": is nested deeper than " + std::to_string(template_value_depth_max));
    count(text);
    return {std::move(text)};
  }

  std::optional<std::string> text_of_value(const std::string& path, const json::value& value) {
    std::optional<std::string> text = plain_text_of(value);
    if (!text) add_flaw(path + ": is an object, which stands bare in a body alone: use the path of a value in it");
    return text;
  }

  PlaceholderTexts joined(const TemplatePlaceholder& placeholder, const LookedUp& found) {
    std::string text;
    for (const json::value* value : found.values) {
      const std::optional<std::string> piece = text_of_value(placeholder.expression.path, *value);
      if (!piece) return {};
      if (value != found.values.front()) text.append(placeholder.expression.separator);
      text.append(*piece);
      if (text.size() > bytes_max()) {
        too_long_ = true;
        return {};
      }
    }
    return {encoded(text, placeholder.standing)};
  }

  PlaceholderTexts each_of(const TemplateExpression& expression, const LookedUp& found) {
    if (found.values.size() > template_elements_max) {
      add_flaw(expression.path + ": has " + std::to_string(found.values.size()) + " values: each takes at most " +
               std::to_string(template_elements_max));
      return {};
    }
    PlaceholderTexts texts;
    for (const json::value* value : found.values) {
      const std::optional<std::string> text = text_of_value(expression.path, *value);
      if (!text) return {};
      texts.push_back(encoded(*text, TemplateStanding::json_text));
    }
    return texts;
  }

  std::string encoded(std::string_view text, TemplateStanding standing) {
    std::string out;
    if (text.size() > bytes_max()) {
      too_long_ = true;
      return out;
    }
    switch (standing) {
      case TemplateStanding::json_text: append_json_text(out, text); break;
      case TemplateStanding::json_value:
        out.push_back('"');
        append_json_text(out, text);
        out.push_back('"');
        break;
      case TemplateStanding::path_segment:
      case TemplateStanding::query_value: out = percent_encoded(text); break;
    }
    count(out);
    return out;
  }

  // Every filling is used once at least: what they are together is no more than what is rendered.
  void count(std::string_view filling) {
    filled_bytes_ += filling.size();
    if (filled_bytes_ > bytes_max()) too_long_ = true;
  }

  void append(std::string_view text) {
    if (text.size() > bytes_max() - out_.size()) too_long_ = true;
    if (!too_long_) out_.append(text);
  }

  // `turn`: which of the values of `each` is meant.
  void append(const TemplatePiece& piece, std::size_t turn) {
    if (!piece.element.empty()) return append_repeated(piece.element);
    if (!piece.placeholder) return append(piece.literal);
    const PlaceholderTexts& filling = fillings_[*piece.placeholder];
    const bool each = parts_.placeholders[*piece.placeholder].expression.pick == TemplatePick::each;
    append(filling[each ? turn : 0]);
  }

  void append_repeated(const std::vector<TemplatePiece>& element) {
    const auto repeats = std::ranges::find_if(element, [this](const TemplatePiece& piece) {
      return piece.placeholder && parts_.placeholders[*piece.placeholder].expression.pick == TemplatePick::each;
    });
    TG_ASSERT(repeats != element.end(), "an element that is repeated has an each");
    const std::size_t turns = fillings_[*repeats->placeholder].size();
    for (std::size_t turn = 0; turn < turns && !too_long_; ++turn) {
      if (turn > 0) append(",");
      for (const TemplatePiece& piece : element) append(piece, turn);
    }
  }

  const TemplateParts& parts_;
  const RenderInput& input_;
  std::vector<PlaceholderTexts> fillings_;  // by the placeholder's number
  std::optional<Offers> offers_;
  std::vector<std::string> flaws_;
  std::string out_;
  std::size_t filled_bytes_ = 0;
  bool too_long_ = false;
};

}  // namespace

Result<std::string> RequestTemplate::render(const RenderInput& input) const { return Renderer{*parts_, input}.render(); }

}  // namespace tidegate
