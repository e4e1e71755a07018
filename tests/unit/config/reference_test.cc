#include "config/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidegate {
namespace {

using testing::HasSubstr;

TEST(Reference, NamesEveryKeyWithItsDoc) {
  for (const FieldTable table : {agent_fields(), processor_fields()}) {
    const std::string page = reference_markdown(table);
    for (const Field& field : table) {
      EXPECT_THAT(page, HasSubstr("| `" + std::string{field.path} + "` |"));
      EXPECT_THAT(page, HasSubstr(std::string{field.doc}));
    }
  }
}

TEST(Reference, SaysValueDefaultAndEffect) {
  const std::string page = reference_markdown(agent_fields());
  EXPECT_THAT(page, HasSubstr("## storage\n\n"));
  EXPECT_THAT(page, HasSubstr("| `storage.budget` | size, 64MiB to 64TiB | `4GiB` | needs a restart |"));
  EXPECT_THAT(page, HasSubstr("| `ship.receiver` | one of `tidegate`, `forward` | `tidegate` | needs a restart |"));
  EXPECT_THAT(page, HasSubstr("| `sensor.name` | name, at most 64 bytes | required | needs a restart |"));
  EXPECT_THAT(page, HasSubstr("| `connectors[].interval` | duration, 100ms to 24h | `5min` | is live |"));
  EXPECT_THAT(page, HasSubstr("| `connectors[].log_filters[].exclude` | query, at most 8192 bytes | none | is live |"));
  EXPECT_THAT(page, HasSubstr("| `ship.bandwidth_schedule[].from` | time of day, 00:00 to 23:59 | required | needs a restart |"));
  EXPECT_THAT(page, HasSubstr("this or bearer_token_file. Secret. |"));
}

}  // namespace
}  // namespace tidegate
