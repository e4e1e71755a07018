// What the processor's control socket answers, as text for people and as JSON. No secret but a new token, once. Text that came from
// sensors has its control characters taken out before a terminal sees it.
//
// Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "processor/fleet/connectors.h"
#include "processor/fleet/enrolment.h"
#include "processor/fleet/views.h"

namespace tidegate {

std::string token_text(const NewToken& token, const std::string& authority_fingerprint);
std::string token_json(const NewToken& token, const std::string& authority_fingerprint);
std::string tokens_text(const std::vector<EnrolmentToken>& tokens, WallTime now);
std::string tokens_json(const std::vector<EnrolmentToken>& tokens, WallTime now);
std::string uses_text(const std::vector<TokenUse>& uses);
std::string uses_json(const std::vector<TokenUse>& uses);

std::string sensors_text(const FleetView& fleet);
std::string sensors_json(const FleetView& fleet);
std::string sensor_text(const SensorDetail& sensor);
std::string sensor_json(const SensorDetail& sensor);

std::string connectors_text(const std::vector<ConnectorView>& connectors);
std::string connectors_json(const std::vector<ConnectorView>& connectors);
std::string connector_text(const ConnectorDetail& connector);
std::string connector_json(const ConnectorDetail& connector);
std::string history_text(const ConnectorHistory& history);
std::string history_json(const ConnectorHistory& history);

// APPLIED or FAILED with every reason; or why neither can be said.
std::string outcome_text(const ConnectorsOutcome& outcome);
std::string outcome_json(const ConnectorsOutcome& outcome);
void write_connector_change(std::string& out, const ConnectorChange& change);  // a JSON object, into a list
std::string outcomes_text(const std::string& credential, const std::vector<ConnectorsOutcome>& outcomes);
std::string outcomes_json(const std::string& credential, const std::vector<ConnectorsOutcome>& outcomes);

std::string credentials_text(const std::vector<CredentialView>& credentials);
std::string credentials_json(const std::vector<CredentialView>& credentials);

// A connector's test, as its agent reports it.
struct TestReport {
  bool passed = false;  // only where the report can be read, and says so
  std::string text;
  std::string json;  // the agent's own words, where they are JSON
};
TestReport report_of_test(const CommandOutcome& answer);

void write_flag(std::string& out, bool flag);  // true or false, in JSON

// Without control characters but ends of line.
std::string without_controls(std::string_view foreign);

}  // namespace tidegate
