#include "tests/support/one_worker.h"

#include <unistd.h>

#include <chrono>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr auto worker_look_again = 100us;
constexpr int sleeps_seen = 2;  // one after the other: a lock that is just taken is no sleep

}  // namespace

OneWorker::~OneWorker() {
  {
    const std::lock_guard lock{mutex_};
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void OneWorker::run(Job job) {
  {
    const std::lock_guard lock{mutex_};
    jobs_.push_back(std::move(job));
    if (::gettid() != worker_) owner_ = ::gettid();
    if (!thread_.joinable()) thread_ = std::thread{[this] { work(); }};
  }
  changed_.notify_all();
}

std::size_t OneWorker::revoke(void* tag) {
  std::vector<Job> taken;
  {
    const std::lock_guard lock{mutex_};
    std::deque<Job> others;
    for (Job& job : jobs_) {
      if (job.tag == tag) taken.push_back(std::move(job));
      else others.push_back(std::move(job));
    }
    jobs_ = std::move(others);
  }
  changed_.notify_all();
  for (const Job& job : taken)
    if (job.revoked) job.revoked();
  return taken.size();
}

std::size_t OneWorker::waiting() const {
  const std::lock_guard lock{mutex_};
  return jobs_.size();
}

void OneWorker::settle() {
  Lock lock{mutex_};
  if (idle() || ::gettid() == worker_) return;
  ++settling_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return idle(); });
  --settling_;
}

void OneWorker::give_way() {
  Lock lock{mutex_};
  if (!busy_ || ::gettid() == worker_) return;
  for (int seen = 0; busy_ && seen < sleeps_seen; seen = sleeps(lock, worker_) ? seen + 1 : 0)
    changed_.wait_for(lock, worker_look_again);
}

bool OneWorker::sleeps(Lock& lock, pid_t thread) {
  lock.unlock();
  std::ifstream file{"/proc/self/task/" + std::to_string(thread) + "/stat"};
  std::string line;
  std::getline(file, line);
  lock.lock();
  const std::size_t name_end = line.rfind(") ");
  return name_end == std::string::npos || line.compare(name_end + 2, 1, "S") == 0;
}

bool OneWorker::idle() const { return jobs_.empty() && !busy_; }

bool OneWorker::may_begin() const { return ending_ || settling_ > 0 || jobs_.empty(); }

void OneWorker::await_owner(Lock& lock) {
  for (int seen = 0; !may_begin() && seen < sleeps_seen; seen = sleeps(lock, owner_) ? seen + 1 : 0)
    changed_.wait_for(lock, worker_look_again);
}

void OneWorker::work() {
  Lock lock{mutex_};
  worker_ = ::gettid();
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
    await_owner(lock);
    if (jobs_.empty() && ending_) return;
    while (!jobs_.empty()) {
      const Job job = std::move(jobs_.front());
      jobs_.pop_front();
      busy_ = true;
      lock.unlock();
      job.work();
      lock.lock();
      busy_ = false;
    }
    changed_.notify_all();
  }
}

}  // namespace tidegate
