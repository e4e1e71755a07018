// Connectors: what an operator asks of connectors and of the credentials that they use: apply, show, take away, test, roll back,
// move. A connector is on one sensor; what is asked becomes the sensor's next document, in which all other connectors stay as they
// are, and the answer waits for the sensor's own (P8).
//
// Promises: a change begins from the newest document that the sensor has not refused, so that what failed once does not stand in
// the way of what comes next. A connector's type and tenant never change, its tenant is one of its sensor's (P10), its name is
// unique in the fleet. A credential is filled in when a document is made, from the one place where it is kept. No answer holds a
// secret. Between reading a sensor's newest document and writing its next one nothing else can happen.
//
// Errors: `invalid`: with every reason, a line each. `absent`: a connector, sensor, revision or credential that is not there, with
// those that are. Else as Fleet and FleetStore have them.
//
// Thread: the loop. Waits as long as the given limits at most.   Source: design, sections 6.1 and 8.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/connectors_document.h"
#include "config/diff.h"
#include "processor/fleet/sensor_desk.h"
#include "processor/fleet_ports.h"

namespace tidegate {

struct ConnectorsLimits {
  std::chrono::nanoseconds apply_wait{std::chrono::seconds{30}};
  std::chrono::nanoseconds rotate_wait{std::chrono::seconds{20}};  // of all sensors that use the credential together
  std::chrono::nanoseconds test_wait{std::chrono::seconds{90}};
  std::chrono::nanoseconds cursor_wait{std::chrono::seconds{10}};
  std::size_t document_bytes_max = 512u << 10;  // as the control link takes it
};

enum class ChangeKind : std::uint8_t { begins, changes, ends };
std::string_view name(ChangeKind kind);

struct ConnectorChange {
  ChangeKind kind = ChangeKind::changes;
  std::string connector;
  std::vector<ConfigChange> fields;  // of one that changes; secrets as ***
};

struct ConnectorsOutcome {
  std::string sensor;
  std::vector<ConnectorChange> changes;
  std::optional<PushOutcome> push;  // absent: nothing was pushed, for it was a dry run or changes nothing
  std::string note;                 // what else the operator has to know; may be empty
};

struct ConnectorView {
  std::string name;
  std::string sensor;
  std::string type;
  TenantConfig tenant;
  std::string api_base_url;
  std::string credential;  // empty: a token of its own
  bool enabled = true;
  std::uint64_t revision = 0;              // of the document that is meant to run
  ConfigState state = ConfigState::unset;  // what the sensor says of it
};

struct ConnectorDetail {
  ConnectorView view;
  std::string yaml;  // secrets as ***
};

struct ConnectorHistory {
  std::string sensor;
  std::vector<RevisionRecord> revisions;  // newest first
};

struct CredentialView {
  CredentialRecord record;
  std::vector<std::string> sensors;  // whose connectors use it
};

inline constexpr std::string_view operator_author = "operator";

struct ApplyOrder {
  std::string yaml;
  std::string file_name;
  std::string sensor;  // empty: the file names it
  bool dry_run = false;
  std::string author{operator_author};             // of the revision
  std::optional<std::chrono::nanoseconds> wait{};  // for the sensor's answer; absent: as the limits have it
};

struct RestoreOrder {
  std::string sensor;
  std::uint64_t revision = 0;  // whose document it gets again; 0: one without connectors
  std::uint64_t newest = 0;    // that must be its newest revision still
  std::string author{operator_author};
  std::chrono::nanoseconds wait{};
};

// Who else uses credentials: they are told, and hold up their deletion.
struct CredentialWatch {
  std::function<std::vector<std::string>(std::string_view credential)> users;
  std::function<void(std::string_view credential)> changed;
};

class Connectors {
 public:
  //   requires: all of them outlive this, and this whatever it returns
  Connectors(FleetStore& store, SensorDesk& desk, const Clock& clock, ConnectorsLimits limits = {});

  asio::awaitable<Result<ConnectorsOutcome>> apply(ApplyOrder order);
  asio::awaitable<Result<std::vector<ConnectorView>>> list();  // by name
  asio::awaitable<Result<ConnectorDetail>> show(std::string name);
  asio::awaitable<Result<ConnectorsOutcome>> remove(std::string name);
  asio::awaitable<Result<CommandOutcome>> test(std::string name);
  // `sensor` says where a connector was that is nowhere now; else it may be empty.
  asio::awaitable<Result<ConnectorHistory>> history(std::string name, std::string sensor);
  // The connector as it was in that revision of its sensor's documents; the others stay.
  asio::awaitable<Result<ConnectorsOutcome>> rollback(std::string name, std::uint64_t revision, std::string sensor);
  // All of a sensor's connectors as they were in a revision, with the credentials of now. `gone`: another revision than the one
  // that the order names is the newest.
  asio::awaitable<Result<ConnectorsOutcome>> restore(RestoreOrder order);
  // Away from its sensor, and, once that has APPLIED it, to the other one, whose first reading reaches back to where the old one
  // was through. `unavailable`: its sensor is away, so that nobody knows how far it is, or both would read.
  asio::awaitable<Result<ConnectorsOutcome>> move(std::string name, std::string to);

  // Before anything is asked for.
  void set_credential_watch(CredentialWatch watch) { credential_watch_ = std::move(watch); }

  // The sensor was revoked: what it had may be applied elsewhere.
  void forget(std::string_view sensor);

  asio::awaitable<Result<std::vector<CredentialView>>> credentials();
  // Keeps it, and pushes it to every sensor that uses it: one outcome each.
  asio::awaitable<Result<std::vector<ConnectorsOutcome>>> set_credential(std::string name, Secret value);
  // `invalid`: a connector uses it, or somebody else.
  asio::awaitable<Result<void>> delete_credential(std::string name);

 private:
  // From where a change of a sensor begins.
  struct Base {
    std::uint64_t newest = 0;  // revision; 0: there is none
    ConfigState newest_state = ConfigState::unset;
    std::uint64_t revision = 0;  // of the document; 0: it is empty
    ConfigState state = ConfigState::unset;
    ConnectorsDocument document;
  };
  // What a sensor's base document has; the fleet's names are found by it.
  struct Held {
    std::set<std::string> connectors;
    std::set<std::string> credentials;
  };
  // Who asks, and how long for the sensor's answer.
  struct Terms {
    Terms(std::string by, std::chrono::nanoseconds limit) : author(std::move(by)), wait(limit) {}

    std::string author;
    std::chrono::nanoseconds wait;
    bool dry_run = false;
  };
  struct Plan {
    std::string sensor;
    std::vector<ConnectorChange> changes;
    Secret text;
    bool needed = false;
  };

  asio::awaitable<Result<void>> load();
  Result<Base> base_of(const std::string& sensor);
  Result<std::string> sensor_with(const std::string& connector);
  Result<std::string> sensor_with(const std::string& connector, const std::string& sensor);
  Result<void> check_merge(const std::string& sensor, const ConnectorsDocument& base, const ConnectorsDocument& wanted);
  Result<void> fill_credentials(ConnectorsDocument& document);
  Result<Plan> planned(const std::string& sensor, const Base& base, ConnectorsDocument next);
  Terms usual_terms() const { return {std::string{operator_author}, limits_.apply_wait}; }
  asio::awaitable<Result<ConnectorsOutcome>> pushed(Plan plan, Terms terms);
  asio::awaitable<Result<ConnectorsOutcome>> changed(std::string sensor, ConnectorsDocument wanted, Terms terms);
  asio::awaitable<Result<ConnectorsOutcome>> removed(std::string sensor, std::string name);
  asio::awaitable<Result<std::optional<WallTime>>> read_through(std::string sensor, std::string connector);

  FleetStore& store_;
  SensorDesk& desk_;
  const Clock& clock_;
  ConnectorsLimits limits_;
  CredentialWatch credential_watch_;
  bool loaded_ = false;
  std::map<std::string, Held> held_;  // by sensor
};

}  // namespace tidegate
