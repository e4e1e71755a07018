#include "tests/support/vision_one_records.h"

namespace tidegate {
namespace {

// category, activity, details: what happened, as the console's own audit trail words it. Details are free-form, and some
// values are JSON within a string or a truth value within a string.
struct Deed {
  std::string_view category;
  std::string_view activity;
  std::string_view details;
};

constexpr Deed deeds[] = {
    {"Logon and Logoff", "Log on", R"({"Source IP":"%i","Identity provider":"Local","MFA":"True"%x})"},
    {"SAML Single Sign-On", "Sign in",
     R"({"Identity Provider":"corp-idp-%9n","Session":"%32h","Attributes":"{\"groups\":[\"soc\",\"it\"],\"mfa\":true}"%x})"},
    {"Account Management", "Edit account",
     R"({"Account":"%1v@example.com","Role":"Senior Analyst","Changes":[{"field":"status","from":"disabled","to":"enabled"},{"field":"mfa","from":null,"to":"True"}]%x})"},
    {"Product Connector", "Update product settings",
     R"({"Product":"Endpoint Protection","Instance":"%u","Enabled":"True","Settings":"{\"interval\":300,\"ratio\":0.1,\"limit\":18446744073709551615}"%x})"},
    {"Notifications", "Create notification",
     R"({"Name":"notify-%9999n","Recipients":["%1v@example.com","soc@example.com"],"Threshold":1.10%x})"},
    {"Detection Model Management", "Edit custom model",
     R"({"Model":"%u","Severity":"high","Filter":"eventSubId == 2 and objectCmd: \"*-enc*\"","Note":"%180w"%x})"},
    {"Workbench", "Edit alert status", R"({"workbenchId":"WB-9002-%8h","From":"New","To":"In Progress","Comment":"%120w"%x})"},
    {"Response Management", "Isolate endpoint", R"({"Task":"%8n","Endpoint":"%0v","GUID":"%2v","Description":"%90w"%x})"},
    {"Search", "Run query",
     R"({"Method":"General","Query":"endpointHostName: %0v AND processCmd: \"*%6h*\"","From":"%0t","To":"%1t","Results":%90000n%x})"},
    {"Third-Party Integration", "Generate token", R"({"Integration":"SIEM-%99n","Expires":"%1t","Fingerprint":"%64h"%x})"},
    {"Service Gateway Inventory", "Update virtual appliance",
     R"({"Appliance":"sg-%999n","Version":"3.0.%99n","Services":{"smartProtection":true,"forwardProxy":false,"syslog":null}%x})"},
    {"Endpoint Inventory", "Move endpoints",
     R"({"Count":%40n,"Target":"Managed/%8h","Endpoints":["%0v","%0v-B"],"Note":"%60w"%x})"},
    {"Endpoint Security Policies", "Assign policy",
     R"({"Policy":"Server baseline","Revision":%12345n,"Previous":"{\"revision\":%999n,\"scope\":[\"a\",\"b\"]}","Reason":"%200w"%x})"},
    {"Security Playbooks", "Run playbook",
     R"({"Playbook":"%u","Trigger":"Manual","Steps":[{"id":1,"ok":true},{"id":2,"ok":false,"error":{"code":"TaskError","number":4009999}}],"Log":"%150w"%x})"},
    {"Observed Attack Techniques", "Register pipeline",
     R"({"Pipeline":"%u","riskLevels":["high","critical"],"hasDetail":"False"%x})"},
    {"Threat Intelligence", "Add custom intelligence report",
     R"({"Report":"report--%u","Objects":%5000n,"Source":"STIX","Hash":"%40h","Tags":["apt","\u6771\u4eac","Zürich"],"Text":"%220w"%x})"},
};
// accessType, in alphabetical order.
constexpr std::string_view ways[] = {"API", "Console", "Mobile App", "Service Gateway", "Service Provider API"};
constexpr std::string_view roles[] = {"Master Administrator", "Senior Analyst", "Analyst", "Auditor", "Operator"};
constexpr std::size_t audit_log_variants = 64;
constexpr std::uint32_t odd_time_one_in = 8;

// Texts: 0 host, 1 user, 2 agent's guid, 3 address, 4 logged time, 5 uuid member, 6 ingested member.
std::string audit_log_pattern(const Deed& deed, std::string_view way, Random& dice) {
  std::string pattern = R"({"loggedDateTime":"%4v",%6j%5j"loggedUser":"%1v","loggedRole":")";
  pattern.append(one_of(dice, roles)).append(R"(","accessType":")").append(way);
  if (pick(dice, 2) == 0) pattern.append(R"(","loggedUserId":"%24h","loggedUserMailAddress":"%1v@example.com)");
  pattern.append(R"(","category":")").append(deed.category);
  pattern.append(R"(","activity":")").append(deed.activity);
  pattern.append(R"(","result":")").append(pick(dice, 10) == 0 ? "Unsuccessful" : "Successful");
  pattern.append(R"(","details":)").append(deed.details).append("}");
  return pattern;
}

}  // namespace

AuditLogRecords::AuditLogRecords(const Schedule& schedule, const Prose& prose, Seed seed) : schedule_(schedule), prose_(prose) {
  Random dice{seed};
  for (std::size_t i = 0; i < audit_log_variants; ++i) {
    const std::uint32_t rank = pick(dice, std::size(ways));
    access_ranks_.push_back(rank);
    templates_.emplace_back(audit_log_pattern(deeds[i % std::size(deeds)], ways[rank], dice));
  }
}

std::size_t AuditLogRecords::choose(std::uint32_t record) const {
  Random dice = schedule_.dice(Feed::audit_logs, schedule_.model_of(Feed::audit_logs, record), Draw::content);
  return pick(dice, audit_log_variants);
}

std::uint32_t AuditLogRecords::access_rank(std::uint32_t record) const { return access_ranks_[choose(record)]; }

std::string AuditLogRecords::uuid(std::uint32_t record) const { return uuid_of(schedule_, Feed::audit_logs, record); }

void AuditLogRecords::append(Bytes& out, std::uint32_t record) const {
  const EventFacts facts = schedule_.event(Feed::audit_logs, record);
  Random dice = schedule_.dice(Feed::audit_logs, schedule_.model_of(Feed::audit_logs, record), Draw::content);
  const Template& chosen = templates_[pick(dice, audit_log_variants)];
  const Cast cast = draw_cast(dice);

  std::string logged;
  append_time(logged, facts.happened);
  if (pick(dice, odd_time_one_in) == 0) {  // "2026-11-24 13:05:07", as some records of the API are
    logged[10] = ' ';
    logged.pop_back();
  }
  std::string uuid;
  if (schedule_.options().audit_uuid) uuid = R"("uuid":")" + this->uuid(record) + R"(",)";
  std::string ingested;
  if (schedule_.options().audit_ingested) {
    ingested = R"("ingestedDateTime":")";
    append_time(ingested, facts.ingested);
    ingested.append(R"(",)");
  }

  Filling filling;
  filling.times = {facts.happened, facts.ingested, facts.ingested, facts.ingested};
  filling.texts = {cast.host, cast.user, cast.guid, cast.ip, logged, uuid, ingested};
  chosen.fill(out, filling, prose_, dice);
}

}  // namespace tidegate
