#include "tests/support/process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

namespace tidegate {
namespace {

// The owner of one descriptor.
class HeldDescriptor {
 public:
  explicit HeldDescriptor(int value = -1) : value_(value) {}
  HeldDescriptor(const HeldDescriptor&) = delete;
  HeldDescriptor& operator=(const HeldDescriptor&) = delete;
  ~HeldDescriptor() { reset(); }

  int get() const { return value_; }
  int release() { return std::exchange(value_, -1); }
  void reset(int value = -1) {
    if (value_ >= 0) ::close(value_);
    value_ = value;
  }

 private:
  int value_;
};

Error system_error(const std::string& what) { return Error{Code::invalid, what + ": " + std::strerror(errno)}; }

struct ChildPlan {
  int output;   // standard output
  int errors;   // standard error
  int failure;  // where to tell that exec did not happen
  char* const* arguments;
  char* const* environment;
  pid_t parent;
};

// Between fork and exec: async-signal-safe calls only.
[[noreturn]] void become(const ChildPlan& plan) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != plan.parent) ::_exit(127);  // the parent died before it could be watched
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int input = ::open("/dev/null", O_RDONLY);
  const bool ok = input >= 0 && ::dup2(input, 0) >= 0 && ::dup2(plan.output, 1) >= 0 && ::dup2(plan.errors, 2) >= 0;
  if (ok) ::execvpe(plan.arguments[0], plan.arguments, plan.environment);
  const int reason = errno;
  [[maybe_unused]] const ssize_t told = ::write(plan.failure, &reason, sizeof reason);
  ::_exit(127);
}

ProcessFigures figures_of(const rusage& usage) {
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  // The kernel counts memory in KiB and blocks of 512 bytes, whatever the file system uses.
  return {seconds(usage.ru_utime), seconds(usage.ru_stime), static_cast<std::uint64_t>(usage.ru_maxrss) * 1024,
          static_cast<std::uint64_t>(usage.ru_oublock) * 512};
}

// The number after `key` in a file of /proc whose lines are "key: number …".
std::uint64_t proc_number(const std::filesystem::path& path, const std::string& key) {
  std::ifstream file{path};
  for (std::string line; std::getline(file, line);) {
    if (line.compare(0, key.size(), key) == 0) return std::strtoull(line.c_str() + key.size(), nullptr, 10);
  }
  return 0;
}

}  // namespace

Result<Process> Process::start(const ProcessOptions& options) {
  std::vector<std::string> texts{options.program.string()};
  texts.insert(texts.end(), options.arguments.begin(), options.arguments.end());
  std::vector<char*> arguments;
  for (std::string& text : texts) arguments.push_back(text.data());
  arguments.push_back(nullptr);
  std::vector<std::string> settings = options.environment;
  std::vector<char*> environment;
  for (char** setting = environ; *setting != nullptr; ++setting) environment.push_back(*setting);
  for (std::string& setting : settings) environment.push_back(setting.data());
  environment.push_back(nullptr);

  const std::string log = options.output_file.empty() ? "/dev/null" : options.output_file.string();
  HeldDescriptor file{::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
  if (file.get() < 0) return system_error(log);
  int pair[2] = {-1, -1};
  if (options.pipe_output && ::pipe2(pair, O_CLOEXEC) != 0) return system_error("pipe");
  HeldDescriptor read_end{pair[0]};
  HeldDescriptor write_end{pair[1]};
  if (::pipe2(pair, O_CLOEXEC) != 0) return system_error("pipe");
  HeldDescriptor failure_read{pair[0]};
  HeldDescriptor failure_write{pair[1]};

  const ChildPlan plan{options.pipe_output ? write_end.get() : file.get(),
                       file.get(),
                       failure_write.get(),
                       arguments.data(),
                       environment.data(),
                       ::getpid()};
  Process process;
  process.pid_ = ::fork();
  if (process.pid_ < 0) return system_error("fork");
  if (process.pid_ == 0) become(plan);
  failure_write.reset();
  write_end.reset();
  process.output_ = read_end.release();
  process.descriptor_ = static_cast<int>(::syscall(SYS_pidfd_open, process.pid_, 0));
  if (process.descriptor_ < 0) return system_error("pidfd_open");
  int reason = 0;
  if (::read(failure_read.get(), &reason, sizeof reason) == sizeof reason) {
    errno = reason;
    return system_error(options.program.string());
  }
  return process;
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      output_(std::exchange(other.output_, -1)),
      end_(std::exchange(other.end_, std::nullopt)) {}

Process& Process::operator=(Process&& other) noexcept {
  if (this != &other) {
    release();
    pid_ = std::exchange(other.pid_, -1);
    descriptor_ = std::exchange(other.descriptor_, -1);
    output_ = std::exchange(other.output_, -1);
    end_ = std::exchange(other.end_, std::nullopt);
  }
  return *this;
}

Process::~Process() { release(); }

void Process::release() {
  if (pid_ > 0 && !end_) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  if (descriptor_ >= 0) ::close(descriptor_);
  if (output_ >= 0) ::close(output_);
  pid_ = descriptor_ = output_ = -1;
}

bool Process::running() { return !wait(std::chrono::milliseconds{0}); }

void Process::signal(int number) {
  if (pid_ > 0 && !end_) ::kill(pid_, number);  // not yet reaped, so the number is still its own
}

Result<ProcessEnd> Process::wait(std::chrono::milliseconds at_most) {
  if (end_) return *end_;
  pollfd watched{descriptor_, POLLIN, 0};
  const int ready = ::poll(&watched, 1, static_cast<int>(at_most.count()));
  if (ready <= 0) return Error{Code::timeout, "process " + std::to_string(pid_) + " still runs"};
  int status = 0;
  rusage usage{};
  if (::wait4(pid_, &status, 0, &usage) != pid_) return system_error("wait4");
  end_ = ProcessEnd{WIFEXITED(status) ? WEXITSTATUS(status) : -1, WIFSIGNALED(status) ? WTERMSIG(status) : 0, figures_of(usage)};
  return *end_;
}

Result<ProcessEnd> Process::stop(std::chrono::milliseconds at_most) {
  // The peak that wait4() tells is at least what this process had in memory when it started the other.
  const Result<ProcessFigures> before = figures();
  signal(SIGTERM);
  Result<ProcessEnd> end = wait(at_most);
  if (!end) end = kill();
  if (end && before) end->figures.peak_rss_bytes = before->peak_rss_bytes;
  return end;
}

Result<ProcessEnd> Process::kill() {
  signal(SIGKILL);
  return wait(std::chrono::seconds{30});
}

Result<ProcessFigures> Process::figures() {
  if (!running()) return Error{Code::absent, "the process has ended"};
  const std::filesystem::path proc = "/proc/" + std::to_string(pid_);
  std::ifstream file{proc / "stat"};
  std::string stat{std::istreambuf_iterator<char>{file}, {}};
  const std::size_t name_end = stat.rfind(')');  // the name may hold anything
  if (name_end == std::string::npos) return Error{Code::absent, (proc / "stat").string() + ": cannot be read"};
  std::istringstream fields{stat.substr(name_end + 1)};
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;  // proc(5): utime and stime are fields 14 and 15
  double user_ticks = 0;
  double system_ticks = 0;
  fields >> user_ticks >> system_ticks;
  const auto ticks_per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  return ProcessFigures{user_ticks / ticks_per_second, system_ticks / ticks_per_second,
                        proc_number(proc / "status", "VmHWM:") * 1024, proc_number(proc / "io", "write_bytes:")};
}

Result<ProgramRun> run_program(ProcessOptions options, std::chrono::milliseconds at_most, std::size_t output_bytes_max) {
  options.pipe_output = true;
  Result<Process> process = Process::start(options);
  if (!process) return std::move(process).error();
  ProgramRun run;
  char buffer[65536];
  for (;;) {
    pollfd watched{process->output(), POLLIN, 0};
    if (::poll(&watched, 1, static_cast<int>(at_most.count())) <= 0) {
      return Error{Code::timeout, options.program.string() + ": no output and no end"};
    }
    const ssize_t count = ::read(process->output(), buffer, sizeof buffer);
    if (count <= 0) break;
    if (run.output.size() < output_bytes_max) run.output.append(buffer, static_cast<std::size_t>(count));
  }
  Result<ProcessEnd> end = process->wait(at_most);
  if (!end) return std::move(end).error();
  run.end = *end;
  return run;
}

Result<std::uint16_t> free_loopback_port() {
  const HeldDescriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (socket.get() < 0 || ::bind(socket.get(), generic, size) != 0 || ::getsockname(socket.get(), generic, &size) != 0) {
    return system_error("a free port of 127.0.0.1");
  }
  return ::ntohs(address.sin_port);
}

void pause_for(std::chrono::milliseconds wait) { ::poll(nullptr, 0, static_cast<int>(wait.count())); }

}  // namespace tidegate
