// What the tests of response actions and of automation on delivered programs have in common.
#pragma once

#include <fstream>
#include <optional>

#include "tests/interop/control_plane_fixture.h"
#include "tests/support/json_samples.h"
#include "tests/support/rig_http.h"

namespace tidegate {

class ControlPlaneWithResponder : public ControlPlane {
 protected:
  void SetUp() override {
    ControlPlane::SetUp();
    apply_responder("acme-v1", "protect: [dc01]");
  }

  void apply_responder(const std::string& name, const std::string& more) {
    const std::string url = rig_->api_base_url();
    const std::string port = url.substr(url.rfind(':') + 1);
    const std::filesystem::path file = rig_->directory() / "inputs" / "responders.yaml";
    std::ofstream{file, std::ios::trunc} << "responders:\n  - name: " << name
                                         << "\n    type: trendmicro_visionone\n    tenants: [acme]\n    host: 127.0.0.1\n    port: "
                                         << port << "\n    protocol: http\n    api_key: \"" << rig_->api_token() << "\"\n    "
                                         << more << "\n";
    const Result<ProgramRun> applied = rig_->ask({"responder", "apply", "--file", file.string()});
    ASSERT_TRUE(applied);
    ASSERT_TRUE(applied->end.ok()) << applied->output;
    EXPECT_TRUE(holds(applied->output, "plain HTTP")) << "the warning is loud: " << applied->output;
  }

  ProgramRun ask(Words words) {
    Result<ProgramRun> asked = rig_->ask(std::move(words));
    EXPECT_TRUE(asked);
    return asked ? *std::move(asked) : ProgramRun{};
  }

  // Requests for actions that have come to the API, whatever it answered. Absent, and the test has failed: it does not say.
  std::optional<std::uint64_t> requests_for_actions() {
    const Result<Bytes> stats = http_get(rig_->api_base_url() + "/sim/stats");
    EXPECT_TRUE(stats) << stats.error().text();
    if (!stats) return std::nullopt;
    const boost::json::object all = test::json_object(*stats);
    const boost::json::value* const endpoints = all.if_contains("requests");
    EXPECT_TRUE(endpoints != nullptr && endpoints->is_object()) << *stats;
    if (endpoints == nullptr || !endpoints->is_object()) return std::nullopt;
    std::uint64_t count = 0;
    if (const boost::json::value* const actions = endpoints->get_object().if_contains("actions"))
      for (const auto& of_a_status : actions->as_object()) count += of_a_status.value().to_number<std::uint64_t>();
    return count;
  }
};

}  // namespace tidegate
