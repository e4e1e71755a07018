// OpampLink: the control link over OpAMP: who this sensor is, what it says of itself, what it is told, and its certificate's
// renewal. The bytes, the connection and its coming back are transport/opamp_client's.
//
// It promises:
// - Claimed is only what the sensor's own file permits: without remote.accept no configuration and no restart.
// - Of connection settings only a certificate that was asked for is taken, after it has carried a connection; anything else is
//   refused with its reason, and the connection stays as it is (P10).
// - The instance's id is kept in the state directory, and replaced when the processor says so.
// - A message that no message can hold (a tree that is too large) is made smaller, never left out in silence.
//
// Thread: the loop.
// Source: OpAMP specification 0.18; design, section 6.2.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/control_ports.h"
#include "agent/edges/certificate_renewal.h"
#include "agent/edges/opamp_mapping.h"
#include "agent/ports.h"
#include "base/log.h"
#include "base/metrics.h"
#include "transport/opamp_client.h"
#include "transport/signal.h"

namespace tidegate {

struct OpampLinkOptions {
  std::string url;
  SensorFacts facts;
  std::filesystem::path state_directory;
  bool accepts = true;
  std::function<Result<TlsContextPtr>()> tls;   // where nothing is renewed
  std::optional<CertificateRenewal> renewal{};  // absent: the operator's own certificate, which is his to renew
  OpampClientLimits client{};
};

// <state>/instance_uid: a UUID of version 7, made where there is none. Where it cannot be kept, it is one for this run, and the log
// says so.
Id128 load_instance_uid(const std::filesystem::path& state_directory, Surroundings around, Log& log);
Result<void> keep_instance_uid(const std::filesystem::path& state_directory, const Id128& uid);

class OpampLink final : public ControlLink {
 public:
  OpampLink(OpampLinkOptions options, Surroundings around, Log& log, Metrics& metrics);

  // Until cancelled. Nothing that fails here ends it.
  asio::awaitable<Error> run();
  // Says farewell. Bounded in time.
  asio::awaitable<void> leave() { return client_.leave(); }
  // Called when a renewed certificate is in force.
  void on_renewed(std::function<void()> call) { on_renewed_ = std::move(call); }

  asio::awaitable<Result<ControlEvent>> next() override;
  asio::awaitable<Result<void>> renew() override;
  void publish(ControlReport report) override;
  Result<void> answer(CommandAnswer answer) override;
  LinkView view() const override { return {client_.connected(), client_.trouble()}; }

  const Id128& instance_uid() const { return session_.instance_uid(); }

 private:
  std::optional<ControlEvent> take(OpampEvent event);
  void take_settings(opamp::ConnectionSettingsOffers offers);
  void take_refusal(const OpampRefusal& refusal);
  void report_settings(const Bytes& hash, opamp::ApplyStatus status, std::string why);
  void publish_health(const Component& health);

  asio::awaitable<Error> renew_certificates();
  asio::awaitable<bool> await_due();
  asio::awaitable<void> ask_for_certificate();
  asio::awaitable<void> try_certificate(opamp::ConnectionSettingsOffers offers);

  OpampLinkOptions options_;
  Surroundings around_;
  Log& log_;
  OpampSession session_;
  OpampClient client_;
  bool renewing_ = false;  // one caller at a time ends the session and begins it anew
  Signal renewed_;
  std::optional<opamp::ConnectionSettingsOffers> issued_;
  bool certificate_refused_ = false;
  Signal certificate_answered_;
  std::function<void()> on_renewed_;
};

}  // namespace tidegate
