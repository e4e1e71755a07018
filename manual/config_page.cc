#include "manual/config_page.h"

#include "config/reference.h"
#include "manual/roff.h"

namespace tidegate {
namespace {

std::string field_text(const Field& field) {
  std::string out{field.doc};
  out.append(field.privacy == Privacy::secret ? " Secret." : "").append(" Value: ").append(field_value_text(field, {})).append(".");
  if (field.need == Need::required) out.append(" Required.");
  else if (!field.fallback.empty()) out.append(" Default: ").append(field_fallback_text(field, {})).append(".");
  out.append(field.applies == Applies::live ? " A change is live." : " A change needs a restart.");
  return roff(out);
}

}  // namespace

std::string config_page(const ConfigFacts& facts) {
  const std::string name = facts.program + ".yaml";
  RoffPage page{name, "5", facts.version};
  page.section("NAME");
  page.paragraph(roff(name) + " \\- " + roff("configuration of " + facts.program));
  page.section("DESCRIPTION");
  page.paragraph(roff("The file is YAML. It is read whole and checked whole before anything of it is taken; ") +
                 roff_bold(facts.program + " validate") + roff(" names every error in it, with a remedy."));
  page.paragraph(
      roff("A key is written here with the keys above it, dots between them; [] stands for every element of a list. "
           "A key that is not named here is an error."));
  std::string_view part;
  for (const Field& field : facts.table) {
    const std::string_view its = section_of(field.path);
    if (its != part) page.subsection(its);
    part = its;
    page.term(roff_bold(field.path), field_text(field));
  }
  page.section("FILES");
  page.term(roff_bold(facts.file), roff("The file that is read where the option --config names no other."));
  page.section("SEE ALSO");
  page.paragraph(roff_bold(facts.program) + "(1)");
  return page.text();
}

}  // namespace tidegate
