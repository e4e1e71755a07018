#include <charconv>

#include "tests/support/vision_one_records.h"

namespace tidegate {
namespace {

struct Model {
  std::string_view name;
  std::string_view techniques;
};
constexpr Model models[] = {
    {"Possible Credential Dumping via Registry", R"("T1003.002","T1112")"},
    {"Suspicious PowerShell Download Chain", R"("T1059.001","T1105")"},
    {"Ransomware Precursor: Shadow Copies Deleted", R"("T1490")"},
    {"Lateral Movement over Remote Services", R"("T1021.002","V9.T1021.001")"},
    {"Phishing Message with Weaponised Attachment", R"("T1566.001")"},
    {"Unusual Sign-In Followed by Mailbox Rule", R"("T1078","T1114.003")"},
    {"Privilege Escalation by Bypass of Account Control", R"("V9.T1548.002")"},
    {"Beaconing to Newly Registered Domain", R"("T1071.001")"},
};
constexpr std::string_view severities[] = {"critical", "high", "high", "medium", "medium", "low"};
constexpr std::string_view schema_versions[] = {"1.0", "1.1", "1.3", "1.11", "1.12", "1.15", "1.15", "1.15"};
constexpr std::string_view indicators[] = {
    R"("type":"command_line","field":"objectCmd","value":"cmd.exe /c \"%60w\"")",
    R"("type":"file_sha1","field":"objectFileHashSha1","value":"%40h")",
    R"("type":"file_sha256","field":"processFileHashSha256","value":"%64h")",
    R"("type":"fullpath","field":"processFilePath","value":"C:\\Users\\%5v\\AppData\\Local\\%8h.exe")",
    R"("type":"registry_key","field":"objectRegistryKeyHandle","value":"HKLM\\SOFTWARE\\Vendor\\%12h")",
    R"("type":"domain","field":"hostName","value":"%10h.example.net")",
    R"("type":"ip","field":"dst","value":"%i")",
    R"("type":"port","field":"dpt","value":"%65535n")",
    R"("type":"process_id","field":"processPid","value":"%40000n")",
    R"("type":"host","field":"endpointHostName","value":{"guid":"%6v","name":"%4v","ips":["%7v"]})",
    R"("type":"user_account","field":"logonUser","value":"%5v")",
    R"("type":"amsi_rawDataStr","field":"rawDataStr","value":"%160w")",
    R"("type":"email_message_id","field":"msgId","value":"<%20h@mail.example.com>")",
    R"("type":"text","field":"note","value":"Zürich \u6771\u4eac %30w")",
};
constexpr std::string_view entities[] = {
    R"("entityType":"host","entityValue":{"guid":"%6v","name":"%4v","ips":["%7v","fe80::%4h"]},"entityId":"%6v")",
    R"("entityType":"account","entityValue":"%5v","entityId":"%5v")",
    R"("entityType":"emailAddress","entityValue":"%5v@example.com","entityId":["%5v@example.com"])",
    R"("entityType":"cloudIdentity","entityValue":"arn:aws:iam::%9999999n:user/%5v","entityId":"%24h","managementScopeGroupId":"%u")",
    R"("entityType":"container","entityValue":"k8s_pod_%10h","entityId":"%32h","managementScopeInstanceId":null)",
};
constexpr std::size_t alert_variants = 48;

// What people did with an alert so far: version 0 is new, the last ones closed.
struct Handling {
  std::string_view status;
  std::string_view investigation_status;
  std::string_view investigation_result;
};
constexpr Handling handlings[alert_versions_max] = {{"Open", "New", "No Findings"},
                                                    {"In Progress", "In Progress", "Noteworthy"},
                                                    {"In Progress", "In Progress", "Other Findings"},
                                                    {"Closed", "True Positive", "True Positive"}};

void append_impact(std::string& pattern, std::uint32_t richness, Random& dice) {
  const std::uint32_t count = 1 + pick(dice, 1 + richness);
  pattern.append(R"("impactScope":{"desktopCount":%3n,"serverCount":%3n,"accountCount":%3n,"emailAddressCount":%2n)");
  if (pick(dice, 2) == 0) pattern.append(R"(,"containerCount":%2n,"cloudIdentityCount":%2n)");
  pattern.append(R"(,"entities":[)");
  for (std::uint32_t i = 0; i < count; ++i) {
    if (i > 0) pattern.append(",");
    pattern.append("{").append(entities[(i + pick(dice, 2)) % std::size(entities)]);
    pattern.append(R"(,"relatedEntities":)").append(pick(dice, 4) == 0 ? R"([["%6v"],"%5v"])" : R"(["%u"])");
    pattern.append(R"(,"relatedIndicatorIds":[1,2,%30n],"provenance":["Alert"]})");
  }
  pattern.append("]}");
}

void append_rules(std::string& pattern, const Model& model, std::uint32_t richness, Random& dice) {
  const std::uint32_t rules = 1 + pick(dice, 1 + richness / 2);
  pattern.append(R"(,"matchedRules":[)");
  for (std::uint32_t i = 0; i < rules; ++i) {
    pattern.append(i > 0 ? "," : "").append(R"({"id":"%u","name":"%30w","matchedFilters":[)");
    const std::uint32_t filters = 1 + pick(dice, 2);
    for (std::uint32_t j = 0; j < filters; ++j) {
      pattern.append(j > 0 ? "," : "").append(R"({"id":"%u","name":"%24w","matchedDateTime":"%3m","mitreTechniqueIds":[)");
      pattern.append(model.techniques).append(R"(],"matchedEvents":[)");
      const std::uint32_t events = 1 + pick(dice, 1 + richness);
      for (std::uint32_t k = 0; k < events; ++k)
        pattern.append(k > 0 ? "," : "").append(R"({"uuid":"%u","matchedDateTime":"%3m","type":"TELEMETRY_REGISTRY"})");
      pattern.append("]}");
    }
    pattern.append("]}");
  }
  pattern.append("]");
}

void append_indicators(std::string& pattern, std::uint32_t richness, Random& dice) {
  const std::uint32_t count = 2 + richness * 4 + pick(dice, 4);
  const std::uint32_t first = pick(dice, std::size(indicators));
  pattern.append(R"(,"indicators":[)");
  for (std::uint32_t i = 0; i < count; ++i) {
    pattern.append(i > 0 ? "," : "").append(R"({"id":)").append(std::to_string(i + 1)).append(",");
    pattern.append(indicators[(first + i) % std::size(indicators)]);
    pattern.append(R"(,"relatedEntities":["%6v"],"filterIds":["%u"],"provenance":["Alert"]})");
  }
  pattern.append("]");
}

// What a threat intelligence sweep tells instead of matched rules.
void append_intelligence(std::string& pattern) {
  pattern.append(R"(,"campaign":null,"industry":"Finance","regionAndCountry":null,"createdBy":"Example Research")");
  pattern.append(R"(,"totalIndicatorCount":%400n,"matchedIndicatorCount":1,"reportLink":"https://reports.example.com/%16h")");
  pattern.append(R"(,"matchedIndicatorPatterns":[{"id":"indicator--%u","pattern":"[file:hashes.'SHA-1' = '%40h']",)");
  pattern.append(R"("tags":["STIX2.malicious-activity"],"matchedLogs":["ENDPOINT"]}])");
}

// From 1.12 on alerts carry all three statuses; those before, the investigation's alone.
bool one_status(std::string_view schema) { return schema.size() == 3 || schema == "1.11"; }

// Texts: 0 id, 1 handling, 2 score, 3 first investigated member, 4 host, 5 user, 6 agent's guid, 7 address, 8 the handling
// of schema versions before 1.12. Times: 0 created, 1 updated, 2 first investigated,
// 3 matched: detection takes some minutes.
std::string alert_pattern(std::size_t variant, Random& dice) {
  const Model& model = one_of(dice, models);
  const bool intelligence = variant % 8 == 7;
  const std::string_view schema = schema_versions[variant % std::size(schema_versions)];
  const bool old = schema.size() == 3;
  const std::uint32_t richness = pick(dice, 7);
  std::string pattern = R"({"schemaVersion":")";
  pattern.append(schema).append(R"(","id":"%0v",)").append(one_status(schema) ? "%8v" : "%1v");
  pattern.append(
      R"(,"workbenchLink":"https://portal.xdr.example.com/index.html#/workbench/alerts/%0v?ref=%16h","alertProvider":")");
  pattern.append(intelligence ? "TI" : "SAE").append(R"(","model":")").append(model.name);
  if (!old) pattern.append(R"(","modelId":")").append(intelligence ? "report--%u" : "%u").append(R"(","modelType":"preset)");
  pattern.append(R"(","score":%2v,"severity":")").append(one_of(dice, severities));
  pattern.append(R"(","createdDateTime":"%0t","updatedDateTime":"%1t",%3j)");
  if (!old) pattern.append(R"("incidentId":"IC-9002-%99999n","caseId":null,"ownerIds":["%u"],)");
  append_impact(pattern, richness, dice);
  if (intelligence) {
    append_intelligence(pattern);
  } else {
    pattern.append(R"(,"description":"%140w")");
    append_rules(pattern, model, richness, dice);
  }
  append_indicators(pattern, richness, dice);
  return pattern.append("%x}");
}

std::string handling_members(const Handling& handling, bool one_status) {
  std::string members = R"("investigationStatus":")";
  members.append(handling.investigation_status).append("\"");
  if (one_status) return members;
  members.append(R"(,"status":")").append(handling.status);
  return members.append(R"(","investigationResult":")").append(handling.investigation_result).append("\"");
}

}  // namespace

AlertRecords::AlertRecords(const Schedule& schedule, const Prose& prose, Seed seed) : schedule_(schedule), prose_(prose) {
  Random dice{seed};
  for (std::size_t i = 0; i < alert_variants; ++i) templates_.emplace_back(alert_pattern(i, dice));
}

std::string AlertRecords::id(std::uint32_t record) const {
  const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(schedule_.alert(record).created)};
  char text[40];
  const int length = std::snprintf(text, sizeof text, "WB-9002-%04d%02u%02u-%05u", static_cast<int>(date.year()),
                                   static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), record);
  return {text, static_cast<std::size_t>(length)};
}

std::optional<std::uint32_t> AlertRecords::record(std::string_view id, WallTime now) const {
  const std::size_t dash = id.rfind('-');
  if (dash == std::string_view::npos) return std::nullopt;
  std::uint32_t found = 0;
  const char* end = id.data() + id.size();
  const auto [at, error] = std::from_chars(id.data() + dash + 1, end, found);
  if (error != std::errc{} || at != end || found >= schedule_.arrived(Feed::alerts, now)) return std::nullopt;
  return this->id(found) == id ? std::optional{found} : std::nullopt;
}

// The draws are the same for every version of a record: what changes comes in by times and texts.
void AlertRecords::append(Bytes& out, std::uint32_t record, std::size_t version) const {
  const AlertFacts facts = schedule_.alert(record);
  Random dice = schedule_.dice(Feed::alerts, record, Draw::content);
  const Template& chosen = templates_[pick(dice, alert_variants)];
  const Cast cast = draw_cast(dice);
  const std::string id = this->id(record);
  const bool closed = version + 1 == facts.count && version > 0;
  const Handling& handling = closed ? handlings[alert_versions_max - 1] : handlings[version];
  const std::string members = handling_members(handling, false);
  const std::string one_member = handling_members(handling, true);
  const std::string score = std::to_string(20 + pick(dice, 60) + 5 * version);
  std::string investigated;
  if (version > 0) {
    investigated = R"("firstInvestigatedDateTime":")";
    append_time(investigated, facts.versions[1].updated);
    investigated.append(R"(",)");
  }

  Filling filling;
  const WallSeconds matched = facts.created - std::chrono::seconds{180 + pick(dice, 300)};
  filling.times = {facts.created, facts.versions[version].updated, facts.versions[1].updated, matched};
  filling.texts = {id, members, score, investigated, cast.host, cast.user, cast.guid, cast.ip, one_member};
  chosen.fill(out, filling, prose_, dice);
}

}  // namespace tidegate
