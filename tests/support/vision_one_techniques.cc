#include <algorithm>

#include "tests/support/vision_one_records.h"

namespace tidegate {
namespace {

struct Sensor {
  std::string_view source;
  std::string_view entity_type;
};
constexpr Sensor sensors[] = {{"endpointActivityData", "endpoint"}, {"detections", "endpoint"},
                              {"endpointActivityData", "endpoint"}, {"emailActivityData", "mailbox"},
                              {"networkActivityData", "network"},   {"cloudActivityData", "cloudtrail"},
                              {"identityActivityData", "endpoint"}, {"containerActivityData", "container"}};

struct Observation {
  std::string_view name;
  std::string_view tactics;
  std::string_view techniques;
};
constexpr Observation observations[] = {
    {"Execution of Encoded PowerShell Command", R"("TA0002","TA0005")", R"("T1059.001","T1027")"},
    {"Rundll32 Network Connection", R"("TA0005")", R"("T1218.011")"},
    {"Scheduled Task Creation via Command Line", R"("TA0003","TA0004")", R"("T1053.005")"},
    {"Credential Dumping via LSASS Memory", R"("TA0006")", R"("T1003.001")"},
    {"Remote Service Session from Unusual Host", R"("TA0008")", R"("T1021.002","V9.T1021.001")"},
    {"Shadow Copy Deletion", R"("TA0040")", R"("T1490")"},
    {"Registry Run Key Modification", R"("TA0003")", R"("T1547.001","V9.T1548.002")"},
    {"Suspicious Inbox Rule", R"("TA0009")", R"("T1114.003")"},
    {"DNS Query to Rare Domain", R"("TA0011")", R"("T1071.004")"},
    {"Archive of Many Documents", R"("TA0010")", R"("T1560.001")"},
};
constexpr std::string_view risks[] = {"info", "info", "low", "low", "medium", "high", "critical", "undefined"};
constexpr std::string_view highlights[] = {
    R"({"field":"objectCmd","type":"command_line","value":"powershell -enc %20h","master":true,"riskLevel":"low"})",
    R"({"field":"dpt","type":"port","value":%65535n})",
    R"({"field":"endpointIp","type":"ip","value":["%3v","fe80::%4h:%4h"]})",
    R"({"field":"objectFileHashSha1","type":"file_sha1","value":"%40h"})",
    R"({"field":"processPid","type":"process_id","value":%40000n,"riskLevel":null})",
    R"({"field":"hostName","type":"domain","value":"%10h.example.net"})",
};

// Members of `detail`, every one with the type that some sensor gives it: the API's types vary too.
constexpr std::string_view always[] = {
    R"("endpointGuid":"%2v")",
    R"("endpointHostName":"%0v")",
    R"("eventId":"%9n")",
    R"("eventSubId":%900n)",
    R"("processPid":%40000n)",
    R"("logonUser":["%1v"])",
    R"("tags":["MITRE.T%1999n","XSAE.F%9999n"])",
    R"("pname":"%9n01")",
};
constexpr std::string_view sometimes[] = {
    R"("filterRiskLevel":"low")",
    R"("productCode":"xes")",
    R"("osName":"Windows")",
    R"("osVer":"10.0.%9999n")",
    R"("timezone":"UTC+%12n:00")",
    R"("integrityLevel":%16384n)",
    R"("parentPid":%40000n)",
    R"("sessionId":%9n)",
    R"("dpt":%65535n)",
    R"("spt":"%65535n")",
    R"("src":"%i")",
    R"("dst":["%i"])",
    R"("proto":6)",
    R"("objectType":null)",
    R"("isLocalAdmin":false)",
    R"("processSigner":["OS Vendor"])",
    R"("mDevice":[])",
    R"("pver":"1.2.0.%9999n")",
    R"("authId":"%999n")",
    R"("trueType":7)",
    R"("rt_utc":"%1m")",
    R"("firstSeen":"%0e")",
    R"("lastSeen":%0e)",
    R"("score":0.30000000000000004)",
    R"("objectSize":%90000n)",
    R"("endpointIp":["%3v"])",
    R"("groupId":"%u")",
    R"("entropy":7.%999999n)",
    R"("processLaunchTime":"%0e")",
    R"("uid":18446744073709551615)",
    R"("processFileHashSha256":"%64h")",
    R"("parentFileHashMd5":"%32h")",
    R"("objectFilePath":"C:\\Windows\\System32\\%8h.exe")",
    R"("parentCmd":"C:\\Windows\\explorer.exe /n, \"%12h\"")",
    R"("processFilePath":"C:\\Program Files\\Vendor\\%10h\\agent.exe")",
    R"("userDomain":["corp.example"])",
};
constexpr std::size_t technique_variants = 96;
constexpr std::size_t members_least = 22;  // of detail
constexpr int line_members = 12;
constexpr std::size_t words_least = 40;
constexpr std::size_t words_max = 32u << 10;  // of one member, so that no slice of prose is too long

void append_filter(std::string& pattern, Random& dice) {
  const Observation& seen = one_of(dice, observations);
  pattern.append(R"({"id":"F%9999n","uniqueId":"%u","name":")").append(seen.name);
  pattern.append(R"(","description":"%50w","mitreTacticIds":[)").append(seen.tactics);
  pattern.append(R"(],"mitreTechniqueIds":[)").append(seen.techniques).append(R"(],"highlightedObjects":[)");
  const std::uint32_t first = pick(dice, std::size(highlights));
  pattern.append(highlights[first]).append(",").append(highlights[(first + 1) % std::size(highlights)]);
  pattern.append(R"(],"riskLevel":")").append(one_of(dice, risks));
  pattern.append(R"(","type":")").append(pick(dice, 5) == 0 ? "custom" : "preset").append(R"("})");
}

// Texts: 0 host, 1 user, 2 agent's guid, 3 address, 4 uuid. Times: 0 detected, 1 ingested.
std::string technique_pattern(std::size_t bytes, Random& dice) {
  const Sensor& sensor = one_of(dice, sensors);
  std::string pattern = R"({"source":")";
  pattern.append(sensor.source).append(R"(","uuid":"%4v","detectedDateTime":"%0t","ingestedDateTime":"%1t","entityType":")");
  pattern.append(sensor.entity_type).append(R"j(","entityName":"%0v(%3v)",)j");
  if (sensor.entity_type == "endpoint")
    pattern.append(R"("endpoint":{"endpointName":"%0v","agentGuid":"%2v","ips":["%3v","fe80::%4h:%4h:%4h:%4h"]},)");
  pattern.append(R"("filters":[)");
  append_filter(pattern, dice);
  if (bytes >= 1600 && pick(dice, 6) == 0) append_filter(pattern.append(","), dice);
  pattern.append(R"(],"detail":{"eventTime":)").append(pick(dice, 2) == 0 ? "%0e" : R"("%0e")");

  std::vector<std::string_view> members{std::begin(sometimes), std::end(sometimes)};
  for (std::size_t i = members.size() - 1; i > 0; --i)
    std::swap(members[i], members[pick(dice, static_cast<std::uint32_t>(i + 1))]);
  for (std::string_view member : always) pattern.append(",").append(member);
  // The small ones first while there is little room: there are to be more than twenty members at any size.
  std::size_t count = std::size(always) + 1;
  std::size_t size = Template{pattern}.mean_bytes();
  for (std::string_view member : members) {
    const std::size_t more = Template{member}.mean_bytes() + 1;
    const bool roomy = size + more + words_least < bytes;
    if (!roomy && (count >= members_least || more > 32)) continue;
    pattern.append(",").append(member);
    size += more;
    ++count;
  }
  for (std::size_t number = 0; size + words_least < bytes; ++number) {
    const std::size_t words = std::min(bytes - size - words_least / 2, words_max);
    pattern.append(number == 0 ? R"(,"rawDataStr":"%)" : R"(,"rawDataStr)" + std::to_string(number) + R"(":"%)");
    pattern.append(std::to_string(words)).append(R"(w")");
    size += words + 16;
  }
  return pattern.append("%x}%x}");
}

// The value of the pattern's first riskLevel of a filter, which stands behind its highlighted objects.
std::string risk_of(const std::string& pattern) {
  constexpr std::string_view before = R"(],"riskLevel":")";
  const std::size_t at = pattern.find(before) + before.size();
  return pattern.substr(at, pattern.find('"', at) - at);
}

// A line of the data pipeline; the same texts and times. Which of its times it has, and of what type, varies with its source.
std::string line_pattern_of(std::string_view risk, Random& dice) {
  static constexpr std::string_view moments[] = {R"("detectionTime":"%0t","eventTime":%0e)", R"("eventTime":"%0e")",
                                                 R"("detectionTime":"%0m")", R"("eventTime":%0e)"};
  const Observation& seen = one_of(dice, observations);
  std::string pattern = R"({"tags":["MITREV9.%5n","XSAE.F%9999n"],"uuid":"%4v","filterName":")";
  pattern.append(seen.name).append(R"(","filterRiskLevel":")").append(risk).append(R"(",)").append(one_of(dice, moments));
  pattern.append(R"(,"logReceivedTime":%1e,"eventSourceType":)").append(std::to_string(1 + pick(dice, 10)));
  pattern.append(R"(,"tacticId":[)").append(seen.tactics).append(R"(],"techniqueId":[)").append(seen.techniques).append("]");
  for (std::string_view member : always)
    if (!member.starts_with(R"("tags")")) pattern.append(",").append(member);
  std::size_t at = pick(dice, static_cast<std::uint32_t>(std::size(sometimes)));
  for (int members = 0; members < line_members; ++members, at = (at + 1) % std::size(sometimes))
    if (!sometimes[at].starts_with(R"("filterRiskLevel")")) pattern.append(",").append(sometimes[at]);
  return pattern.append(R"(,"rawDataStr":"%700w"%x})");
}

}  // namespace

TechniqueRecords::TechniqueRecords(const Schedule& schedule, const Prose& prose, Seed seed) : schedule_(schedule), prose_(prose) {
  Random dice{seed};
  Random line_dice{Seed{~seed.value}};
  for (std::size_t i = 0; i < technique_variants; ++i) {
    const std::string pattern = technique_pattern(schedule.options().technique_bytes, dice);
    templates_.emplace_back(pattern);
    risk_levels_.push_back(risk_of(pattern));
    lines_.emplace_back(line_pattern_of(risk_levels_.back(), line_dice));
  }
}

std::size_t TechniqueRecords::choose(std::uint32_t record) const {
  Random dice = schedule_.dice(Feed::techniques, record, Draw::content);
  return pick(dice, technique_variants);
}

std::string_view TechniqueRecords::risk_level(std::uint32_t record) const { return risk_levels_[choose(record)]; }

std::string TechniqueRecords::uuid(std::uint32_t record) const { return uuid_of(schedule_, Feed::techniques, record); }

void TechniqueRecords::append(Bytes& out, std::uint32_t record) const { fill(out, record, templates_); }

void TechniqueRecords::append_line(Bytes& out, std::uint32_t record) const { fill(out, record, lines_); }

void TechniqueRecords::fill(Bytes& out, std::uint32_t record, const std::vector<Template>& forms) const {
  const EventFacts facts = schedule_.event(Feed::techniques, record);
  Random dice = schedule_.dice(Feed::techniques, record, Draw::content);
  const Template& chosen = forms[pick(dice, technique_variants)];
  const Cast cast = draw_cast(dice);
  const std::string uuid = this->uuid(record);

  Filling filling;
  filling.times = {facts.happened, facts.ingested, facts.ingested, facts.ingested};
  filling.texts = {cast.host, cast.user, cast.guid, cast.ip, uuid};
  chosen.fill(out, filling, prose_, dice);
}

}  // namespace tidegate
