// The command line of the agent, whole: arguments in, exit code and text out. Where a command asks the API, the simulator is it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "agent/cli.h"
#include "tests/support/vision_one_server.h"
#include "tests/unit/transport/loopback.h"

namespace tidegate {

class AgentCliTest : public ::testing::Test {
 protected:
  // `options`: the origin is now, and nothing arrives any more; `token` is let in.
  void serve(SimOptions options, const std::string& token) {
    options.data.origin = clock_.wall();
    options.data.live = std::chrono::seconds{0};
    options.serve.tokens = {token};
    sim_ = std::make_unique<VisionOneSim>(options, Seed{5});
    server_ = std::make_unique<VisionOneServerThread>(*sim_, clock_, VisionOneServerOptions{});
    ASSERT_TRUE(server_->start());
    configure(server_->base_url(), token);
  }

  void configure(const std::string& api_base_url, const std::string& token) {
    std::ofstream{config_file()} << "sensor: {name: zurich-01}\n"
                                    "processor:\n"
                                    "  data: [dp1.example.net:24224]\n"
                                    "  tls: {ca_file: /ca, certificate_file: /c, private_key_file: /k}\n"
                                    "connectors:\n"
                                    "  - name: acme-visionone\n"
                                    "    type: trendmicro_visionone\n"
                                    "    tenant: {id: acme, name: ACME Corp}\n"
                                    "    settle: 0s\n"
                                    "    bearer_token: "
                                 << token << "\n    api_base_url: " << api_base_url << "\n";
  }

  std::string config_file() const { return (folder_.path() / "agent.yaml").string(); }

  // The exit code; what was printed is in out_ and err_.
  int run(std::vector<std::string> words) {
    words.insert(words.begin(), {"tidegate-agent", "--config", config_file()});
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const int code = agent_main(static_cast<int>(argv.size()), argv.data());
    out_ = ::testing::internal::GetCapturedStdout();
    err_ = ::testing::internal::GetCapturedStderr();
    return code;
  }

  SystemClock clock_;
  TemporaryDirectory folder_;
  std::unique_ptr<VisionOneSim> sim_;
  std::unique_ptr<VisionOneServerThread> server_;
  std::string out_;
  std::string err_;
};

}  // namespace tidegate
