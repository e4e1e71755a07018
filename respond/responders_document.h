// responders.yaml: the responders that an operator applies (design, section 6.1). Applying replaces by name: responders that the
// document does not name stay as they are.
//
//   responders:
//     - name: acme-v1
//       type: trendmicro_visionone           # or webhook
//       tenants: [acme]                      # or the word all
//       sensor: zurich-01                    # that carries it out; without it the processor does
//       host: api.eu.xdr.trendmicro.com
//       credential: acme-key                 # or api_key: …
//       protect: [dc01.example.com, "*.example.com", 10.0.0.0/8]
//     - name: ticket
//       type: webhook
//       tenants: all
//       host: tickets.example.net
//       path: /hooks/{{record_id}}
//       json_body: '{"id": "{{record_id}}"}'
//       auth: header
//       header_name: X-Token
//       credential: ticket-token             # or secret: …
//
// It promises: the answer is responders that can be used as they are, or every error at once (P8), each with line, field, value and
// remedy. A key that would have no effect is an error, and so is a template that could not be filled. That a credential is kept
// is for the caller to see.
//
// Pure; any thread. Bounded: 1 MiB, responders_max, 100 errors listed.   Source: domain, sections 1.2 to 1.4.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/errors.h"
#include "config/fields.h"
#include "respond/responder.h"

namespace tidegate {

inline constexpr std::string_view responders_document_name = "responders.yaml";

struct ParsedResponders {
  std::optional<std::vector<Responder>> responders;  // at least one; absent exactly when there are errors
  std::vector<ConfigError> errors;                   // in the order of their lines
};

ParsedResponders parse_responders(std::string_view yaml);

// A document with that responder alone, *** in place of its secret; what equals its default is left out. With the secret put back
// it is read back equal.
std::string to_yaml(const Responder& responder);

// The rows of a document.
FieldTable responders_fields();

}  // namespace tidegate
