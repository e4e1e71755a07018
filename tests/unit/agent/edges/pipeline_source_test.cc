#include "agent/edges/pipeline_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "agent/edges/vision_one_source.h"
#include "tests/unit/agent/edges/sim_api.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::set<std::string> all_levels{"info", "low", "medium", "high", "critical"};
const std::string pipelines_path = "/v3.0/oat/dataPipelines";

SimOptions busy() {
  SimOptions options;
  options.data.origin = noon;
  options.data.techniques = {.backlog = 300, .per_second = 0.5};
  options.data.live = 6h;
  return options;
}

// What came of reading one window to its end.
struct Sweep {
  std::vector<Id128> ids;
  std::vector<std::string> links;  // followed
  std::optional<Error> error;
  std::size_t odd = 0;  // records that were not understood
};

class PipelineSourceTest : public ::testing::Test {
 protected:
  std::unique_ptr<PipelineSource> make_source(std::set<std::string> levels = all_levels) {
    auto before =
        std::make_unique<VisionOneSource>(api_.options(Lane::techniques), api_.send(), api_.budget, api_.around(), api_.metrics);
    return std::make_unique<PipelineSource>(api_.options(Lane::techniques),
                                            PipelineOptions{pipeline_description("s", "c"), std::move(levels)}, api_.send(),
                                            api_.budget, std::move(before), api_.around(), api_.metrics);
  }

  // From the link on; `pages_max` pages.
  Sweep read(PipelineSource& source, WallSeconds from, WallSeconds to, std::string link = {}, int pages_max = 1000) {
    Sweep sweep;
    for (int pages = 0; pages < pages_max; ++pages) {
      const PageRequest request{.from = from, .to = to, .link = link};
      Result<Bytes> body = api_.run(source.poll(request));
      Result<Page> page = body ? source.parse(request, *std::move(body)) : Result<Page>{body.error()};
      if (!page) {
        sweep.error = page.error();
        return sweep;
      }
      for (const Record& record : page->records) {
        sweep.ids.push_back(record.source_id);
        if (!record.understood) ++sweep.odd;
      }
      if (page->next_link.empty()) return sweep;
      link = page->next_link;
      sweep.links.push_back(link);
    }
    return sweep;
  }

  // Of the techniques that were visible at `time`, and not at `after`.
  std::set<Id128> visible(WallTime after, WallTime time) {
    std::set<Id128> ids;
    for (const LedgerEntry& entry : api_.sim.ledger(time)) ids.insert(hash128({entry.id}));
    for (const LedgerEntry& entry : api_.sim.ledger(after)) ids.erase(hash128({entry.id}));
    return ids;
  }

  std::string counted(std::string_view name) {
    const std::string text = api_.metrics.text();
    const std::size_t at = text.find("\n" + std::string{name} + "{");
    const std::size_t space = text.find(' ', at + 1);
    return text.substr(space + 1, text.find('\n', space) - space - 1);
  }

  // Registered at noon, with an hour of packages behind it.
  void register_and_wait(PipelineSource& source) {
    EXPECT_FALSE(read(source, noon - 1h, noon).error);
    api_.clock.advance(1h);
  }

  SimApi api_{busy(), Seed{5}};
};

TEST_F(PipelineSourceTest, RegistersAPipelineAndReadsWhatWasBeforeItFromTheList) {
  const auto source = make_source();
  const Sweep sweep = read(*source, noon - 24h, noon);
  ASSERT_FALSE(sweep.error) << sweep.error->text();
  EXPECT_EQ(sweep.ids.size(), 300u);
  EXPECT_THAT(api_.paths(), ElementsAre("GET " + pipelines_path, "POST " + pipelines_path, "GET /v3.0/oat/detections",
                                        "GET /v3.0/oat/detections"));
  EXPECT_EQ(api_.requests.at(1).body,
            R"({"riskLevels":["critical","high","info","low","medium"],"hasDetail":true,"description":"tidegate s/c"})");
}

TEST_F(PipelineSourceTest, APackageIsAPageAndEveryTechniqueIsReadOnce) {
  const auto source = make_source();
  register_and_wait(*source);
  const Sweep sweep = read(*source, noon + 5min, noon + 55min);
  ASSERT_FALSE(sweep.error) << sweep.error->text();
  EXPECT_EQ(sweep.links.size(), 49u);
  EXPECT_TRUE(sweep.links.front().starts_with("package:20261124"));
  // Packages of that time hold what became visible in the minutes before they were made.
  const std::set<Id128> expected = visible(noon + 4min - 1ns, noon + 54min - 1ns);
  EXPECT_EQ(std::set<Id128>(sweep.ids.begin(), sweep.ids.end()), expected);
  EXPECT_EQ(sweep.ids.size(), expected.size());
  EXPECT_EQ(sweep.odd, 0u);
}

TEST_F(PipelineSourceTest, NothingIsMissedWhereThePipelineTakesOverFromTheList) {
  const auto source = make_source();
  register_and_wait(*source);
  std::set<Id128> read_ids;
  for (WallSeconds from = noon; from < noon + 55min; from += 50s) {
    const Sweep sweep = read(*source, from, from + 50s);
    ASSERT_FALSE(sweep.error) << sweep.error->text();
    read_ids.insert(sweep.ids.begin(), sweep.ids.end());
  }
  for (const Id128& id : visible(noon, noon + 53min)) ASSERT_TRUE(read_ids.contains(id));
}

TEST_F(PipelineSourceTest, ARestartGoesOnAtThePackageOfTheLink) {
  const auto source = make_source();
  register_and_wait(*source);
  const Sweep whole = read(*source, noon + 10min, noon + 20min);
  ASSERT_EQ(whole.links.size(), 9u);
  const auto other = make_source();
  const std::size_t before = api_.requests.size();
  const Sweep rest = read(*other, noon + 10min, noon + 20min, whole.links[3]);
  ASSERT_FALSE(rest.error) << rest.error->text();
  EXPECT_EQ(rest.links, std::vector<std::string>(whole.links.begin() + 4, whole.links.end()));
  EXPECT_EQ(std::vector<Id128>(whole.ids.end() - static_cast<std::ptrdiff_t>(rest.ids.size()), whole.ids.end()), rest.ids);
  // The pipeline is found again by its description, and the list is fetched once.
  const std::vector<std::string> paths = api_.paths(before);
  EXPECT_EQ(paths.size(), 2u + 6u);
  EXPECT_EQ(paths[0], "GET " + pipelines_path);
}

TEST_F(PipelineSourceTest, AnIdThatIsNotListedIsAnExpiredLink) {
  const auto source = make_source();
  register_and_wait(*source);
  const Sweep sweep = read(*source, noon + 10min, noon + 20min, "package:2026112412-00000000-0000-4000-8000-000000000000");
  ASSERT_TRUE(sweep.error);
  EXPECT_EQ(sweep.error->code(), Code::absent);
}

TEST_F(PipelineSourceTest, WhatWasTakenIsNotFetchedAgainInTheOverlap) {
  const auto source = make_source();
  register_and_wait(*source);
  const Sweep first = read(*source, noon + 10min, noon + 20min);
  const Sweep second = read(*source, noon + 12min, noon + 30min);
  // Whether the first window's last package was stored is not known, so it alone comes again.
  std::size_t again = 0;
  for (const Id128& id : second.ids) again += static_cast<std::size_t>(std::count(first.ids.begin(), first.ids.end(), id));
  EXPECT_EQ(second.links.size() + 1, 11u);
  EXPECT_GT(again, 0u);
  EXPECT_LT(again, 60u);
}

TEST_F(PipelineSourceTest, APageThatWasNotStoredIsServedAgain) {
  const auto source = make_source();
  register_and_wait(*source);
  const Sweep first = read(*source, noon + 10min, noon + 20min, {}, 1);
  const Sweep again = read(*source, noon + 10min, noon + 20min, {}, 1);
  EXPECT_FALSE(first.ids.empty());
  EXPECT_EQ(first.ids, again.ids);
}

TEST_F(PipelineSourceTest, AWindowWithoutPackagesIsAnEmptyLastPage) {
  const auto source = make_source();
  register_and_wait(*source);
  api_.clock.advance(10h);
  const Sweep sweep = read(*source, noon + 8h, noon + 9h);
  ASSERT_FALSE(sweep.error) << sweep.error->text();
  EXPECT_TRUE(sweep.ids.empty());
  EXPECT_TRUE(sweep.links.empty());
}

TEST_F(PipelineSourceTest, AMissingPackageIsPassedOverAfterSomeTriesCountedOnceAndAskedForAgain) {
  const auto source = make_source();
  register_and_wait(*source);
  const Sweep whole = read(*make_source(), noon + 10min, noon + 20min);
  const std::string missing = whole.links[2].substr(whole.links[2].find(':') + 1);
  api_.sim.serve().packages_missing = {missing};
  Sweep without = read(*source, noon + 10min, noon + 20min);
  for (int tries = 1; tries < 6; ++tries) {
    ASSERT_TRUE(without.error);
    EXPECT_EQ(without.error->code(), Code::unavailable);
    const Sweep more = read(*source, noon + 10min, noon + 20min, without.links.back());
    without.error = more.error;
    without.ids.insert(without.ids.end(), more.ids.begin(), more.ids.end());
    without.links.insert(without.links.end(), more.links.begin(), more.links.end());
  }
  ASSERT_FALSE(without.error) << without.error->text();
  EXPECT_EQ(without.links, whole.links);
  EXPECT_LT(without.ids.size(), whole.ids.size());
  EXPECT_EQ(counted("tidegate_pipeline_packages_missing_total"), "1");
  EXPECT_FALSE(read(*source, noon + 10min, noon + 20min).error);
  EXPECT_EQ(counted("tidegate_pipeline_packages_missing_total"), "1");
  api_.sim.serve().packages_missing.clear();
  Sweep later = read(*source, noon + 10min, noon + 20min);
  later.ids.insert(later.ids.end(), without.ids.begin(), without.ids.end());
  EXPECT_EQ(std::set<Id128>(later.ids.begin(), later.ids.end()), std::set<Id128>(whole.ids.begin(), whole.ids.end()));
}

TEST_F(PipelineSourceTest, APipelineThatWasForgottenIsRegisteredAnewAndTheListServesWhatItHeld) {
  const auto source = make_source();
  register_and_wait(*source);
  ASSERT_FALSE(read(*source, noon + 10min, noon + 20min).error);
  api_.sim.serve().pipelines_forgotten_at = noon + 1h;
  const Sweep forgotten = read(*source, noon + 20min, noon + 30min);
  ASSERT_TRUE(forgotten.error);
  EXPECT_EQ(forgotten.error->code(), Code::unavailable);
  EXPECT_THAT(forgotten.error->text(), HasSubstr("registered anew"));
  const std::size_t before = api_.requests.size();
  const Sweep again = read(*source, noon + 20min, noon + 30min);
  ASSERT_FALSE(again.error) << again.error->text();
  const std::vector<std::string> paths = api_.paths(before);
  EXPECT_EQ(std::vector<std::string>(paths.begin(), paths.begin() + 3),
            (std::vector<std::string>{"GET " + pipelines_path, "POST " + pipelines_path, "GET /v3.0/oat/detections"}));
  EXPECT_EQ(counted("tidegate_pipeline_registrations_total"), "2");
  // What was in packages of this window came in before it.
  const std::set<Id128> ids(again.ids.begin(), again.ids.end());
  for (const Id128& id : visible(noon + 19min - 1ns, noon + 30min - 1ns)) ASSERT_TRUE(ids.contains(id));
  // The window behind it does not reach back again.
  EXPECT_LT(read(*source, noon + 30min, noon + 40min).ids.size(), again.ids.size());
}

TEST_F(PipelineSourceTest, InTheMiddleOfAWindowItsPackagesAreNotTakenForMissing) {
  const auto source = make_source();
  register_and_wait(*source);
  const Sweep begun = read(*source, noon + 10min, noon + 20min, {}, 3);
  api_.sim.serve().pipelines_forgotten_at = noon + 1h;
  const Sweep forgotten = read(*source, noon + 10min, noon + 20min, begun.links.back());
  ASSERT_TRUE(forgotten.error);
  EXPECT_EQ(forgotten.error->code(), Code::absent);
  EXPECT_EQ(counted("tidegate_pipeline_packages_missing_total"), "0");
  const Sweep again = read(*source, noon + 10min, noon + 20min);
  ASSERT_FALSE(again.error) << again.error->text();
  const std::set<Id128> ids(again.ids.begin(), again.ids.end());
  for (const Id128& id : visible(noon + 9min - 1ns, noon + 20min - 1ns)) ASSERT_TRUE(ids.contains(id));
}

TEST_F(PipelineSourceTest, ALossBehindARestartIsKnownByTheLinkToAPackage) {
  register_and_wait(*make_source());
  const auto source = make_source();
  const Sweep begun = read(*source, noon + 10min, noon + 20min, {}, 3);
  api_.sim.serve().pipelines_forgotten_at = noon + 1h;
  const auto other = make_source();
  const Sweep forgotten = read(*other, noon + 10min, noon + 20min, begun.links.back());
  ASSERT_TRUE(forgotten.error);
  EXPECT_EQ(forgotten.error->code(), Code::absent);
  const Sweep again = read(*other, noon + 10min, noon + 20min);
  const std::set<Id128> ids(again.ids.begin(), again.ids.end());
  for (const Id128& id : visible(noon + 9min - 1ns, noon + 20min - 1ns)) ASSERT_TRUE(ids.contains(id));
}

TEST_F(PipelineSourceTest, ARegistrationThatFailsIsTriedAgain) {
  const auto source = make_source();
  register_and_wait(*source);
  api_.sim.serve().pipelines_forgotten_at = noon + 1h;
  ASSERT_TRUE(read(*source, noon + 10min, noon + 20min).error);
  api_.instead = [](const HttpRequest& request) -> std::optional<Result<HttpResponse>> {
    if (request.method != "POST") return std::nullopt;
    return Error{Code::unavailable, "refused"};
  };
  EXPECT_EQ(read(*source, noon + 10min, noon + 20min).error, (Error{Code::unavailable, "refused"}));
  api_.instead = nullptr;
  const Sweep again = read(*source, noon + 10min, noon + 20min);
  ASSERT_FALSE(again.error) << again.error->text();
  const std::set<Id128> ids(again.ids.begin(), again.ids.end());
  for (const Id128& id : visible(noon + 9min - 1ns, noon + 20min - 1ns)) ASSERT_TRUE(ids.contains(id));
}

TEST_F(PipelineSourceTest, AWindowBeforeTheRetentionIsGone) {
  const auto source = make_source();
  register_and_wait(*source);
  EXPECT_FALSE(source->facts().retention.has_value());
  api_.clock.advance(8 * 24h);
  const Sweep gone = read(*source, noon + 10min, noon + 20min);
  ASSERT_TRUE(gone.error);
  EXPECT_EQ(gone.error->code(), Code::gone);
  EXPECT_EQ(source->facts().retention, 7 * 24h - 1h);
}

TEST_F(PipelineSourceTest, SaysWhatTheApiTakes) {
  const auto source = make_source();
  EXPECT_GT(source->facts().settle, 30s);
  EXPECT_EQ(source->facts().longest, 3600s);
  EXPECT_GE(source->facts().reach, 2min);
  register_and_wait(*source);
  ASSERT_TRUE(source->facts().api_time.has_value());
  EXPECT_EQ(source->facts().api_time->time, noon);
}

TEST_F(PipelineSourceTest, OtherLevelsInTheConfigurationChangeThePipelineThatIsThere) {
  register_and_wait(*make_source());
  const auto source = make_source({"high", "critical"});
  const std::size_t before = api_.requests.size();
  EXPECT_FALSE(read(*source, noon + 10min, noon + 20min).error);
  const std::vector<std::string> paths = api_.paths(before);
  ASSERT_GE(paths.size(), 3u);
  EXPECT_TRUE(paths[1].starts_with("GET " + pipelines_path + "/"));
  EXPECT_TRUE(paths[2].starts_with("PATCH " + pipelines_path + "/"));
  EXPECT_EQ(api_.requests[before + 2].body, R"({"riskLevels":["critical","high"]})");
  // They agree now.
  const std::size_t after = api_.requests.size();
  EXPECT_FALSE(read(*make_source({"high", "critical"}), noon + 10min, noon + 20min).error);
  for (const std::string& path : api_.paths(after)) EXPECT_FALSE(path.starts_with("PATCH"));
}

TEST_F(PipelineSourceTest, APackageThatCannotBeUnpackedIsKeptAsItCameAfterSomeTries) {
  const auto source = make_source();
  register_and_wait(*source);
  api_.instead = [](const HttpRequest& request) -> std::optional<Result<HttpResponse>> {
    if (request.url.find("/packages/") == std::string::npos) return std::nullopt;
    HttpResponse response;
    response.status = 200;
    response.body = "no gzip";
    return response;
  };
  for (int tries = 0; tries < 9; ++tries) {
    const Sweep broken = read(*source, noon + 10min, noon + 11min);
    ASSERT_TRUE(broken.error);
    EXPECT_EQ(broken.error->code(), Code::corrupt);
  }
  const Sweep kept = read(*source, noon + 10min, noon + 11min);
  ASSERT_FALSE(kept.error) << kept.error->text();
  EXPECT_EQ(kept.odd, 1u);
  EXPECT_EQ(counted("tidegate_pipeline_packages_broken_total"), "1");
}

TEST_F(PipelineSourceTest, AListThatDoesNotEndIsCorrupt) {
  const auto source = make_source();
  register_and_wait(*source);
  api_.sim.serve().faults = {{.kind = FaultKind::endless_pages, .rate = 1, .nth = 0, .endpoint = Endpoint::packages}};
  const std::size_t before = api_.requests.size();
  const Sweep sweep = read(*source, noon + 10min, noon + 20min);
  ASSERT_TRUE(sweep.error);
  EXPECT_EQ(sweep.error->code(), Code::corrupt);
  EXPECT_LE(api_.requests.size() - before, 25u);
}

TEST_F(PipelineSourceTest, WhatTheApiSaysThatIsNoListIsCorrupt) {
  const auto source = make_source();
  register_and_wait(*source);
  for (const char* body : {"", "[]", "<html>", R"({"items":[{}]})", R"({"items":[{"id":"../../x"}]})",
                           R"({"items":[],"nextLink":"https://foreign.example/x"})", R"({"items":[],"nextLink":7})",
                           R"({"items":[],"nextLink":{}})"}) {
    api_.instead = [body](const HttpRequest&) {
      HttpResponse response;
      response.status = 200;
      response.body = body;
      return std::optional<Result<HttpResponse>>{std::move(response)};
    };
    const Sweep sweep = read(*source, noon + 10min, noon + 20min);
    ASSERT_TRUE(sweep.error) << body;
    EXPECT_EQ(sweep.error->code(), Code::corrupt) << body;
  }
}

TEST_F(PipelineSourceTest, AMissingPermissionIsDenied) {
  api_.sim.serve().forbidden = {Endpoint::pipelines};
  const Sweep sweep = read(*make_source(), noon - 1h, noon);
  ASSERT_TRUE(sweep.error);
  EXPECT_EQ(sweep.error->code(), Code::denied);
}

}  // namespace
}  // namespace tidegate
