// Which row of the table is which member of the model: said once, for reading and for writing alike. A visitor is called
// as visit(path, member) for every row; that none is left out is a unit test.
#pragma once

#include "config/model.h"

namespace tidegate {

// All but the lists of maps. Agent is AgentConfig or const AgentConfig, and so on below.
template <class Agent, class Visitor>
void visit_agent(Agent& agent, Visitor&& visit) {
  visit("sensor.name", agent.sensor.name);
  visit("sensor.state_directory", agent.sensor.state_directory);
  visit("sensor.sealing_key_file", agent.sensor.sealing_key_file);
  visit("processor.data", agent.processor.data);
  visit("processor.control", agent.processor.control);
  visit("processor.tls.ca_file", agent.processor.tls.ca_file);
  visit("processor.tls.certificate_file", agent.processor.tls.certificate_file);
  visit("processor.tls.private_key_file", agent.processor.tls.private_key_file);
  visit("storage.budget", agent.storage.budget);
  visit("storage.keep_free", agent.storage.keep_free);
  visit("ship.receiver", agent.ship.receiver);
  visit("ship.compression", agent.ship.compression);
  visit("ship.in_flight", agent.ship.in_flight);
  visit("ship.bandwidth", agent.ship.bandwidth);
  visit("ship.refusals", agent.ship.refusals);
  visit("ship.shared_key_file", agent.ship.shared_key_file);
  visit("ship.username", agent.ship.username);
  visit("ship.password_file", agent.ship.password_file);
  visit("remote.accept", agent.remote.accept);
  visit("remote.api_hosts", agent.remote.api_hosts);
  visit("remote.proxies", agent.remote.proxies);
  visit("metrics.listen", agent.metrics_listen);
  visit("control.socket", agent.control_socket);
  visit("log.level", agent.log.level);
  visit("log.format", agent.log.format);
}

// Paths are below "ship.bandwidth_schedule[].".
template <class Rule, class Visitor>
void visit_bandwidth_rule(Rule& rule, Visitor&& visit) {
  visit("days", rule.days);
  visit("from", rule.from);
  visit("to", rule.to);
  visit("bandwidth", rule.bandwidth);
}

// All but its log filters. Paths are below "connectors[].".
template <class Connector, class Visitor>
void visit_connector(Connector& connector, Visitor&& visit) {
  visit("name", connector.name);
  visit("type", connector.type);
  visit("tenant.id", connector.tenant.id);
  visit("tenant.name", connector.tenant.name);
  visit("region", connector.region);
  visit("api_base_url", connector.api_base_url);
  visit("bearer_token", connector.bearer_token);
  visit("bearer_token_file", connector.bearer_token_file);
  visit("interval", connector.interval);
  visit("content_types", connector.content_types);
  visit("techniques_from", connector.techniques_from);
  visit("pipeline_risk_levels", connector.pipeline_risk_levels);
  visit("audit_logs_interval", connector.audit_logs_interval);
  visit("first_read", connector.first_read);
  visit("overlap", connector.overlap);
  visit("settle", connector.settle);
  visit("window", connector.window);
  visit("window_records_max", connector.window_records_max);
  visit("requests_per_minute", connector.requests_per_minute);
  visit("proxy", connector.proxy);
  visit("ca_file", connector.ca_file);
  visit("enabled", connector.enabled);
}

// Paths are below "connectors[].log_filters[].".
template <class Filter, class Visitor>
void visit_log_filter(Filter& filter, Visitor&& visit) {
  visit("name", filter.name);
  visit("content_types", filter.content_types);
  visit("include", filter.include);
  visit("exclude", filter.exclude);
}

// All but the lists of maps.
template <class Processor, class Visitor>
void visit_processor(Processor& processor, Visitor&& visit) {
  visit("processor.state_directory", processor.processor.state_directory);
  visit("processor.names", processor.processor.names);
  visit("processor.sealing_key_file", processor.processor.sealing_key_file);
  visit("listen.data", processor.data_listen);
  visit("listen.control", processor.control_listen);
  visit("control.socket", processor.control_socket);
  visit("tls.ca_file", processor.tls.ca_file);
  visit("tls.certificate_file", processor.tls.certificate_file);
  visit("tls.private_key_file", processor.tls.private_key_file);
  visit("metrics.listen", processor.metrics_listen);
  visit("log.level", processor.log.level);
  visit("log.format", processor.log.format);
}

// Paths are below "notify[].".
template <class Notify, class Visitor>
void visit_notify(Notify& notify, Visitor&& visit) {
  visit("name", notify.name);
  visit("type", notify.type);
  visit("least_severity", notify.least_severity);
  visit("tenants", notify.tenants);
  visit("per_minute", notify.per_minute);
  visit("url", notify.url);
  visit("header_name", notify.header_name);
  visit("header_value_file", notify.header_value_file);
  visit("proxy", notify.proxy);
  visit("server", notify.server);
  visit("tls", notify.tls);
  visit("username", notify.username);
  visit("password_file", notify.password_file);
  visit("from", notify.from);
  visit("to", notify.to);
  visit("ca_file", notify.ca_file);
}

}  // namespace tidegate
