// Runs and responders with something in every field, and ones by chance, for tests of what keeps them.
#pragma once

#include <string>
#include <string_view>

#include "base/random.h"
#include "respond/responder.h"
#include "respond/run.h"

namespace tidegate::test {

inline constexpr WallTime run_noon{std::chrono::seconds{1'795'867'200}};

// Of Vision One and of a webhook at once, which no run is, so that nothing is left out.
inline ActionRun full_run() {
  using namespace std::chrono_literals;
  ActionRun run;
  run.id = "0123456789abcdef0123456789abcdef";
  run.responder = "acme-v1";
  run.tenant = "acme";
  run.sensor = "edge-1";
  run.handed_to = "fedcba9876543210fedcba9876543210";
  run.action = ResponseAction::quarantine_email;
  run.requested_by = "alice";
  run.record_id = "record-7";
  run.created = run_noon;
  run.dry_run = true;
  run.approval = Approval::granted;
  run.decided_by = "bob";
  run.decided = run_noon - 1s;
  run.lasts = 4h;
  run.undo_at = run_noon + 4h + 1ns;
  run.undoes = "undoes";
  run.undone_by = "undone by";
  run.by_limit = true;
  run.undone = true;
  run.retries = "retries";
  run.retried_by = "retried by";
  TargetRun target;
  target.target = {ObjectType::message_id, "<m-1@example.com>", "bob@example.com", "why \"so\"\n"};
  target.state = ResponseState::pending_approval;
  target.task_id = "00000012";
  target.reason = "TaskError: nö\xff";  // of a peer that sends what is no UTF-8
  target.attempts = 3;
  target.sent = run_noon + 1s;
  target.changed = run_noon + 2s;
  target.given_back = true;
  run.targets.push_back(target);
  target.target = {ObjectType::unique_id, std::string{"u\0u", 3}, {}, {}};
  run.targets.push_back(target);
  WebhookRun webhook;
  webhook.method = "post";
  webhook.path_and_query = "/hooks/7?a=b";
  webhook.body = R"({"id": "7"})";
  webhook.state = ResponseState::failed;
  webhook.status = 503;
  webhook.answer = "try later";
  webhook.reason = "the peer is busy";
  webhook.sent = run_noon + 3s;
  webhook.changed = run_noon + 4s;
  run.webhook = webhook;
  return run;
}

inline Responder full_responder() {
  Responder responder;
  responder.name = "full";
  responder.type = ResponderType::webhook;
  responder.tenants = {"acme", "b c"};
  responder.sensor = "edge-1";
  responder.host = "tickets.example.net";
  responder.port = 65535;
  responder.protocol = ResponderProtocol::http;
  responder.verify_certificate = false;
  responder.ca_file = "/etc/ca.pem";
  responder.proxy = "http://proxy.example.net:3128";
  responder.credential = "key";
  responder.secret = Secret{"planted\n\"secret\""};
  responder.actions = {ResponseAction::isolate_endpoint, ResponseAction::quarantine_email};
  responder.bodies = {{ResponseAction::isolate_endpoint, R"([{"agentGuid": "{{agentGuid}}"}])"}};
  responder.webhook = {.method = "put",
                       .path = "/hooks/{{record_id}}",
                       .headers = {{"X-Team", "soc"}, {"X-Empty", ""}},
                       .json_body = "{\n}",
                       .auth = WebhookAuth::oauth2,
                       .username = "tide",
                       .token_url = "https://login.example.net/token",
                       .client_id = "client",
                       .scopes = {"a", "b"},
                       .header_name = "X-Key"};
  responder.guards.approval = true;
  responder.guards.protect = {"dc01.example.com", "10.0.0.0/8"};
  return responder;
}

// Text of any bytes, often short, often empty.
inline std::string random_bytes(Random& random) {
  std::string text;
  for (std::uint64_t left = random.chance(3) ? 0 : random.below(24); left > 0; --left)
    text.push_back(static_cast<char>(random.below(256)));
  return text;
}

inline std::optional<WallTime> random_moment(Random& random) {
  if (random.chance(2)) return std::nullopt;
  return WallTime{std::chrono::nanoseconds{random.between(INT64_MIN, INT64_MAX)}};
}

inline ActionRun random_run(Random& random) {
  ActionRun run;
  run.id = random_bytes(random) + "i";
  for (std::string* text : {&run.responder, &run.tenant, &run.sensor, &run.handed_to, &run.requested_by, &run.record_id,
                            &run.decided_by, &run.undoes, &run.undone_by, &run.retries, &run.retried_by})
    *text = random_bytes(random);
  run.decided = random_moment(random);
  if (!random.chance(3)) run.action = all_response_actions[random.below(all_response_actions.size())];
  run.created = random_moment(random).value_or(WallTime{});
  run.dry_run = random.chance(2);
  run.by_limit = random.chance(2);
  run.undone = random.chance(2);
  run.approval = static_cast<Approval>(random.below(4));
  if (random.chance(2)) run.lasts = std::chrono::seconds{random.between(-5, 1 << 20)};
  run.undo_at = random_moment(random);
  for (std::uint64_t left = random.below(5); left > 0; --left) {
    TargetRun& target = run.targets.emplace_back();
    target.target = {static_cast<ObjectType>(random.below(10)), random_bytes(random), random_bytes(random), random_bytes(random)};
    target.state = static_cast<ResponseState>(random.below(11));
    target.task_id = random_bytes(random);
    target.reason = random_bytes(random);
    target.attempts = static_cast<std::uint32_t>(random.next());
    target.sent = random_moment(random);
    target.changed = random_moment(random).value_or(WallTime{});
    target.given_back = random.chance(2);
  }
  if (random.chance(2)) return run;
  WebhookRun& webhook = run.webhook.emplace();
  for (std::string* text : {&webhook.method, &webhook.path_and_query, &webhook.body, &webhook.answer, &webhook.reason})
    *text = random_bytes(random);
  webhook.state = static_cast<ResponseState>(random.below(11));
  webhook.status = static_cast<std::uint32_t>(random.below(600));
  webhook.sent = random_moment(random);
  webhook.changed = random_moment(random).value_or(WallTime{});
  return run;
}

inline Responder random_responder(Random& random) {
  Responder responder;
  responder.name = random_bytes(random) + "n";
  WebhookSpec& webhook = responder.webhook;
  for (std::string* text :
       {&responder.sensor, &responder.host, &responder.ca_file, &responder.proxy, &responder.credential, &webhook.method,
        &webhook.path, &webhook.json_body, &webhook.username, &webhook.token_url, &webhook.client_id, &webhook.header_name})
    *text = random_bytes(random);
  responder.type = static_cast<ResponderType>(random.below(2));
  responder.port = static_cast<std::uint16_t>(random.below(65536));
  responder.protocol = static_cast<ResponderProtocol>(random.below(2));
  responder.verify_certificate = random.chance(2);
  responder.secret = Secret{random_bytes(random)};
  responder.actions.clear();
  for (const ResponseAction action : all_response_actions) {
    if (random.chance(2)) responder.actions.insert(action);
    if (random.chance(3)) responder.bodies[action] = random_bytes(random);
  }
  webhook.auth = static_cast<WebhookAuth>(random.below(4));
  for (std::uint64_t left = random.below(4); left > 0; --left) {
    responder.tenants.push_back(random_bytes(random));
    webhook.headers[random_bytes(random)] = random_bytes(random);
    webhook.scopes.push_back(random_bytes(random));
    responder.guards.protect.insert(random_bytes(random));
  }
  responder.guards.approval = random.chance(2);
  return responder;
}

}  // namespace tidegate::test
