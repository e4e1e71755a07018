// Trend Micro's own mock-up of the Vision One API, served by WireMock on loopback: an outside witness.
//
// It is not part of this tree: TIDEGATE_MOCKUP names its folder (with mappings/ in it), TIDEGATE_WIREMOCK the jar of WireMock
// (`./dev setup --check` fetches it).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"
#include "tests/support/process.h"

namespace tidegate {

class MockupServer {
 public:
  // Why it cannot be served here; empty: it can.
  static std::string missing();
  // Answers `ready`, a path with its query, when it returns. Its files go to `directory`, which is made anew.
  //   requires: missing().empty()
  static Result<std::unique_ptr<MockupServer>> start(const std::filesystem::path& directory, const std::string& ready);

  const std::string& url() const { return url_; }
  // Requests with POST that it was sent until now, whatever it answered, by its own journal. An error: it does not say.
  Result<std::uint64_t> posts() const;

 private:
  explicit MockupServer(Process process, std::string url) : process_(std::move(process)), url_(std::move(url)) {}

  Process process_;
  std::string url_;
};

}  // namespace tidegate
