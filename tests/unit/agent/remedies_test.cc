#include "agent/remedies.h"

#include <gtest/gtest.h>

#include <set>

namespace tidegate {
namespace {

TEST(Remedies, TheTableHoldsEveryCauseOnceInOrderWithAllItsWords) {
  std::set<std::string_view> names;
  ASSERT_EQ(causes().size(), static_cast<std::size_t>(Cause::token_expires_soon) + 1);
  for (std::size_t i = 0; i < causes().size(); ++i) {
    const CauseText& text = causes()[i];
    EXPECT_EQ(text.cause, static_cast<Cause>(i)) << text.name;
    EXPECT_EQ(&text_of(text.cause), &text);
    EXPECT_TRUE(names.insert(text.name).second) << text.name;
    for (const std::string_view words : {text.meaning, text.likely, text.remedy}) {
      EXPECT_FALSE(words.empty()) << text.name;
      EXPECT_FALSE(words.ends_with('.')) << text.name;
    }
  }
}

TEST(Remedies, NothingIsSaidToBeAskedForByTheSensorsClock) {
  for (const CauseText& text : causes())
    for (const std::string_view words : {text.meaning, text.likely, text.remedy})
      EXPECT_EQ(words.find("windows of time"), std::string_view::npos) << text.name;
  EXPECT_EQ(text_of(Cause::http_400).likely.find("clock"), std::string_view::npos) << "windows follow the API's clock";
}

TEST(Remedies, EveryStatusOfTheApiHasItsCause) {
  EXPECT_EQ(cause_of_status(200), std::nullopt);
  EXPECT_EQ(cause_of_status(302), Cause::http_other);
  EXPECT_EQ(cause_of_status(418), Cause::http_other);
  for (const unsigned status : {400u, 401u, 403u, 404u, 413u, 429u, 500u, 502u, 503u, 504u}) {
    const std::optional<Cause> cause = cause_of_status(status);
    ASSERT_TRUE(cause);
    EXPECT_EQ(text_of(*cause).name, "http_" + std::to_string(status));
  }
}

TEST(Remedies, AMissingPermissionIsNamedForItsContentType) {
  EXPECT_NE(remedy_sentence(Cause::http_403, ContentType::alerts).find("Workbench: View, filter, and search"), std::string::npos);
  EXPECT_NE(remedy_sentence(Cause::http_403, ContentType::audit_logs).find("Audit Logs: View, filter, and search; Export and"),
            std::string::npos);
  EXPECT_NE(remedy_sentence(Cause::http_403, ContentType::observed_attack_techniques).find("Observed Attack Techniques: View"),
            std::string::npos);
  EXPECT_EQ(remedy_sentence(Cause::http_401, ContentType::alerts), text_of(Cause::http_401).remedy);
}

}  // namespace
}  // namespace tidegate
