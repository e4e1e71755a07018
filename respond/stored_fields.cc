#include "respond/stored_fields.h"

#include <boost/json/parse.hpp>

namespace tidegate {

Result<boost::json::object> parse_stored(std::string_view bytes) {
  boost::json::parse_options options;
  options.max_depth = 8;
  options.allow_invalid_utf8 = true;  // a reason may be in bytes of the peer's
  boost::json::error_code failed;
  boost::json::value value = boost::json::parse(bytes, failed, {}, options);
  if (failed || !value.is_object()) return Error{Code::corrupt, "what is stored is no JSON object"};
  return std::move(*value.if_object());
}

}  // namespace tidegate
