#include "bench/rule_set.h"

#include <array>

#include "base/check.h"
#include "base/id128.h"

namespace tidegate {
namespace {

// What a kind of rule acts upon, and by what it is muted.
struct RuleSubject {
  std::string_view feed;
  std::string_view entity;
  std::string_view action;
  std::string_view body;
};
constexpr RuleSubject alert_subject{"trendmicro_visionone_alerts", "trendmicro_visionone.impactScope.entities.entityId",
                                    "isolate_endpoint",
                                    R"([{"agentGuid": "{{trendmicro_visionone.impactScope.entities.entityValue.guid | each}}"}])"};
constexpr RuleSubject audit_subject{"trendmicro_visionone_audit_logs", "trendmicro_visionone.loggedUser", "add_to_block_list",
                                    R"([{"senderMailAddress": "{{trendmicro_visionone.loggedUser}}@example.com"}])"};
constexpr RuleSubject technique_subject{"trendmicro_visionone_observedattacktechniques",
                                        "trendmicro_visionone.detail.endpointHostName", "isolate_endpoint",
                                        R"([{"endpointName": "{{trendmicro_visionone.detail.endpointHostName}}"}])"};

// @ stands for the namespace of the API's fields, # for what is particular to a rule.
struct RuleForm {
  const RuleSubject& subject;
  std::string_view condition;
};

// Met by records of the simulator.
constexpr std::array met_forms{
    RuleForm{technique_subject, "@filters.riskLevel: critical AND @detail.endpointHostName: FIN-*"},
    RuleForm{alert_subject, "@severity: critical AND @score: >=60 AND @impactScope.entities.entityType: host"},
    RuleForm{audit_subject, "@result: Unsuccessful AND NOT @accessType: \"Service Provider API\""},
    RuleForm{technique_subject, "@filters.mitreTechniqueIds: T1003.001 AND (@detail.endpointHostName: *-SRV-* OR @detail.uid: *)"},
    RuleForm{technique_subject, "\"shadow copy deletion\" AND @detail.processPid: [10000 TO 20000]"},
    RuleForm{alert_subject, "@model: *PowerShell* AND @impactScope.entities.entityValue.guid: * AND NOT @severity: low"},
    RuleForm{audit_subject, "@category: \"Response Management\" AND @activity: \"Isolate endpoint\" AND @loggedUser: acme-*"},
    RuleForm{technique_subject, "@source: detections AND (@detail.dpt: {0 TO 1024} OR @detail.isLocalAdmin: false)"},
    RuleForm{technique_subject, "scheduled task AND @filters.riskLevel: (high OR critical)"},
    RuleForm{alert_subject,
             "ransomware AND precursor AND @impactScope.desktopCount: >=1 AND @impactScope.entities.entityType: host"},
};

constexpr std::array rare_forms{
    RuleForm{alert_subject, "@severity: (high OR critical) AND @model: *#*"},
    RuleForm{alert_subject, "@indicators.value: *.#.example.org OR @indicators.value: \"#.example.org\""},
    RuleForm{alert_subject, "@impactScope.serverCount: >=20 AND @impactScope.accountCount: [50 TO *] AND NOT @model: \"#\""},
    RuleForm{audit_subject, "@category: \"Account Management\" AND @activity: \"#\" AND NOT @loggedUser: svc-*"},
    RuleForm{audit_subject, "\"# deleted\" AND @loggedRole: (\"Master Administrator\" OR Operator)"},
    RuleForm{technique_subject, "@filters.riskLevel: high AND @detail.processFilePath: *\\\\Temp\\\\#*.exe"},
    RuleForm{technique_subject, "@detail.objectCmd: (*#* OR \"-enc\") AND @detail.dpt: 443 AND NOT @detail.dst: 10.*"},
    RuleForm{technique_subject, "@filters.mitreTacticIds: TA0043 AND @detail.eventSubId: [0 TO 450] AND @filters.name: #*"},
    RuleForm{technique_subject, "# AND (@detail.logonUser: adm-?? OR @detail.userDomain: *.#.example)"},
};
constexpr std::array rare_names{"mimikatz",  "cobaltstrike", "sharphound", "rubeus",   "lazagne",
                                "psexecsvc", "impacket",     "brc4",       "nanodump", "seatbelt"};

constexpr std::size_t met_one_in = 10;
static_assert(met_forms.size() * met_one_in == bench_rules_max);
static_assert(rare_forms.size() == met_one_in - 1 && rare_names.size() == met_forms.size());

std::string condition_of(const RuleForm& form, std::string_view particular) {
  std::string text = "msg_class: " + std::string{form.subject.feed} + " AND (";
  for (const char c : form.condition) {
    if (c == '@') text.append("trendmicro_visionone.");
    else if (c == '#') text.append(particular);
    else text.push_back(c);
  }
  return text.append(")");
}

void append_bench_rule(std::string& yaml, const std::string& name, const RuleSubject& subject, const std::string& query,
                       std::string_view tenants, std::size_t per_hour) {
  yaml.append("  - name: ").append(name).append("\n    tenants: ").append(tenants);
  yaml.append("\n    query: '").append(query).append("'\n    on: stream\n    entity: ").append(subject.entity);
  yaml.append("\n    mute: 10min\n    actions:\n      - name: act\n        responder: ").append(bench_responder);
  yaml.append("\n        action: ").append(subject.action).append("\n        body: '").append(subject.body);
  yaml.append("'\n        per_hour: ").append(std::to_string(per_hour)).append("\n");
}

constexpr std::string_view beacon_model = "Beacon of a benchmark";
constexpr std::size_t beacons_per_hour = 10'000;
constexpr std::size_t per_hour_of_others = 10;

}  // namespace

std::string bench_rules_yaml(std::size_t count) {
  TG_ASSERT(count >= 1 && count <= bench_rules_max, "there are so many rules");
  std::string yaml = "rules:\n";
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t row = i / met_one_in;
    const bool met = i % met_one_in == 0;
    const RuleForm& form = met ? met_forms[row] : rare_forms[i % met_one_in - 1];
    append_bench_rule(yaml, "bench-" + std::to_string(i), form.subject, condition_of(form, rare_names[row]),
                      i % 3 == 1 ? "[acme]" : "all", per_hour_of_others);
  }
  return yaml;
}

std::string beacon_rule_yaml() {
  std::string yaml;
  const std::string query = "msg_class: " + std::string{alert_subject.feed} + " AND trendmicro_visionone.severity: medium" +
                            " AND trendmicro_visionone.model: \"" + std::string{beacon_model} + "\"";
  append_bench_rule(yaml, "beacon", alert_subject, query, "all", beacons_per_hour);
  return yaml;
}

std::string beacon_page(std::string_view guid, std::uint64_t number, WallTime now) {
  const std::string time = to_iso8601(std::chrono::floor<std::chrono::seconds>(now));
  std::string page = R"({"items":[{"schemaVersion":"1.15","id":"WB-9003-)";
  page.append(std::to_string(number)).append(R"(","alertProvider":"SAE","model":")").append(beacon_model);
  page.append(R"(","score":30,"severity":"medium","createdDateTime":")").append(time);
  page.append(R"(","updatedDateTime":")").append(time);
  page.append(R"(","impactScope":{"desktopCount":1,"entities":[{"entityType":"host","entityValue":{"guid":")").append(guid);
  page.append(R"(","name":"bench-host","ips":["10.20.0.1"]},"entityId":")").append(guid);
  return page.append(R"("}]},"indicators":[]}]})");
}

}  // namespace tidegate
