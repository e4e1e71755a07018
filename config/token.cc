#include "config/token.h"

#include "config/texts.h"

namespace tidegate {

Result<Secret> load_token(const ConnectorConfig& connector) {
  if (!connector.bearer_token.empty()) return connector.bearer_token;
  constexpr std::string_view what = "bearer token file";
  Result<Secret> token = read_secret_file(what, connector.bearer_token_file);
  if (token && !is_token(token->reveal()))
    return Error{Code::invalid,
                 std::string{what} + " " + connector.bearer_token_file + ": not one line of printable characters without spaces"};
  return token;
}

}  // namespace tidegate
