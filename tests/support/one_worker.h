// OneWorker: runs what a store schedules for the background, one job after the other on one thread, and never beside the thread
// that scheduled it: a job begins when its owner settles, or sleeps in the library until the job is done. So the operations on a
// disk come in an order that is the same in every run, however busy the machine is.
//
// Thread: any; the owner is the one that scheduled last. run() and revoke() come with the library's lock held, and do not wait.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace tidegate {

class OneWorker {
 public:
  OneWorker() = default;
  // Does what was scheduled first.
  ~OneWorker();
  OneWorker(const OneWorker&) = delete;
  OneWorker& operator=(const OneWorker&) = delete;

  struct Job {
    std::function<void()> work;
    std::function<void()> revoked;  // may be empty
    void* tag = nullptr;
  };
  void run(Job job);
  // Takes back the jobs of this tag that have not begun. How many they were.
  std::size_t revoke(void* tag);
  std::size_t waiting() const;

  // Has everything done, and returns then. Nothing on the worker's own thread.
  void settle();
  // Returns when the job under way, if there is one, is done or sleeps. Nothing on the worker's own thread.
  void give_way();

 private:
  using Lock = std::unique_lock<std::mutex>;

  void work();
  bool idle() const;
  bool may_begin() const;
  // Without the lock. Whether a thread sleeps; one that only waits for a processor does not.
  static bool sleeps(Lock& lock, pid_t thread);
  // Until the owner settles, or sleeps.
  void await_owner(Lock& lock);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool busy_ = false;
  bool ending_ = false;
  std::size_t settling_ = 0;
  pid_t owner_ = 0;
  pid_t worker_ = 0;
  std::thread thread_;  // started by the first job
};

}  // namespace tidegate
