#include "tests/support/one_worker.h"

#include <gtest/gtest.h>
#include <rocksdb/env.h>

#include <latch>
#include <mutex>
#include <string_view>

#include "tests/support/faulty_fs.h"
#include "tests/support/temporary_directory.h"

namespace tidegate::testkit {

TEST(OneWorker, DoesOneJobAfterTheOtherWhenItsOwnerSettles) {
  OneWorker worker;
  std::string order;
  worker.run({[&] { order += "a", worker.settle(), worker.give_way(); }, {}, nullptr});
  worker.run({[&] { order += "b"; }, {}, nullptr});
  EXPECT_EQ(worker.waiting(), 2u);
  order += "owner ";
  worker.settle();
  EXPECT_EQ(order, "owner ab");
  EXPECT_EQ(worker.waiting(), 0u);
}

TEST(OneWorker, AJobWhoseOwnerSleepsUntilItIsDoneIsDone) {
  OneWorker worker;
  std::latch done{1};
  worker.run({[&] { done.count_down(); }, {}, nullptr});
  done.wait();
}

TEST(OneWorker, AJobIsGivenWayToUntilItSleeps) {
  OneWorker worker;
  std::latch go_on{1};
  std::mutex mutex;  // of the order: that a thread sleeps is seen from outside, and orders no memory
  std::string order;
  const auto note = [&](std::string_view what) {
    const std::lock_guard lock{mutex};
    order += what;
  };
  std::latch begun{1};
  worker.run({[&] { begun.count_down(), note("begins "), go_on.wait(), note("ends "); }, {}, nullptr});
  begun.wait();
  worker.give_way();
  note("owner ");
  go_on.count_down();
  worker.settle();
  EXPECT_EQ(order, "begins owner ends ");
}

TEST(OneWorker, AJobTakenBackIsNotDoneAndItsOwnerIsTold) {
  OneWorker worker;
  std::string seen;
  int tag = 0;
  worker.run({[&] { seen += "done "; }, [&] { seen += "revoked "; }, &tag});
  worker.run({[&] { seen += "another's "; }, {}, nullptr});
  EXPECT_EQ(worker.revoke(&tag), 1u);
  EXPECT_EQ(worker.revoke(&tag), 0u);
  worker.settle();
  EXPECT_EQ(seen, "revoked another's ");
}

TEST(OneWorker, ADiskIsUsedInTheSameOrderInEveryRun) {
  for (int run = 0; run < 20; ++run) {
    const TemporaryDirectory temporary;
    const auto files = std::make_shared<FaultyFs>(temporary.path() / "stash");
    const std::shared_ptr<rocksdb::Env> env = environment_of(files);
    const auto create = [&](const char* name) {
      std::unique_ptr<rocksdb::WritableFile> file;
      return env->NewWritableFile((temporary.path() / name).string(), &file, rocksdb::EnvOptions{}).ok();
    };
    files->power_off_after(1);
    std::function<void()> job = [&] { create("background"); };
    env->Schedule([](void* argument) { (*static_cast<std::function<void()>*>(argument))(); }, &job);
    EXPECT_TRUE(create("foreground"));
    files->background().settle();
    EXPECT_FALSE(std::filesystem::exists(temporary.path() / "background")) << "it came second, and found the power gone";
  }
}

}  // namespace tidegate::testkit
