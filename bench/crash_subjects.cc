#include "bench/crash_subjects.h"

#include <algorithm>
#include <fstream>
#include <optional>

#include "base/check.h"
#include "bench/chunk_receiver.h"
#include "bench/crash_disk.h"
#include "bench/crash_peers.h"
#include "bench/line_receiver.h"
#include "tests/support/process.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

Result<fs::path> note_disk_library(const CrashWorld& world) {
  const fs::path library = world.programs / "libtidegate-note-disk.so";
  std::error_code failure;
  if (!fs::exists(library, failure)) return Error{Code::absent, library.string() + " is missing: no disk can be watched"};
  return library;
}

std::uint64_t bytes_below(const fs::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code gone;  // files come and go meanwhile
  for (fs::recursive_directory_iterator at{folder, gone}, end; !gone && at != end; at.increment(gone)) {
    std::error_code absent;
    if (!at->is_regular_file(absent)) continue;
    const std::uintmax_t size = at->file_size(absent);
    if (!absent) bytes += size;
  }
  return bytes;
}

// What the subjects have in common: a folder, and a disk that may be watched.
class DiskedSubject : public CrashSubject {
 public:
  void written_back() override {
    TG_ASSERT(disk_, "only a watched disk is written back");
    disk_->written_back();
  }
  Result<bool> cut_power(Random& random) override {
    TG_ASSERT(disk_, "only a watched disk loses its power");
    const Result<PowerCutFigures> lost = disk_->cut_power(random);
    if (!lost) return lost.error();
    return !lost->nothing();
  }
  std::uint64_t kept_bytes() const override { return bytes_below(root()); }

 protected:
  virtual fs::path root() const = 0;

  // Empties the folder; gives back the environment that its program needs.
  Result<std::vector<std::string>> new_disk(const CrashWorld& world, bool watch, const std::vector<MappedPart>& mapped) {
    disk_.reset();
    std::error_code failure;
    fs::remove_all(root(), failure);
    if (failure) return Error{Code::unavailable, root().string() + ": cannot be emptied"};
    if (!watch) return std::vector<std::string>{};
    const Result<fs::path> library = note_disk_library(world);
    if (!library) return library.error();
    fs::create_directories(root(), failure);
    disk_.emplace(root(), mapped);
    return disk_->environment(*library);
  }
  // What an earlier life left is durable.
  void before_launch() {
    if (disk_) disk_->written_back();
  }

 private:
  std::optional<CrashDisk> disk_;
};

class AgentSubject final : public DiskedSubject {
 public:
  explicit AgentSubject(const CrashWorld& world) : world_(world) {}

  const std::string& name() const override { return name_; }
  std::string set_up() const override { return TIDEGATE_VERSION ", not compressed, so that its bytes are as many as the peers'"; }
  bool resends_by_id() const override { return true; }
  std::chrono::seconds quiet_max() const override { return 90s; }

  Result<void> reset(const CrashLife& life) override {
    Result<std::vector<std::string>> environment = new_disk(world_, life.watch_disk, {});
    if (!environment) return std::move(environment).error();
    world_.rig.set_environment(Part::agent, std::move(*environment));
    Result<Identity> identity = world_.rig.pki().issue("bench-receiver");
    if (!identity) return std::move(identity).error();
    receiver_ = std::make_unique<ChunkReceiver>();
    return receiver_->start(life.receiver_port, *identity, world_.rig.pki().ca_file());
  }
  Result<void> launch() override {
    if (running()) return {};
    before_launch();
    return world_.rig.launch(Part::agent);
  }
  bool running() override { return world_.rig.running(Part::agent); }
  Result<bool> kill() override {
    if (!running()) return false;
    Result<ProcessEnd> end = world_.rig.kill(Part::agent);
    if (!end) return std::move(end).error();
    return end->signal != 0;
  }
  Arrivals arrivals() const override { return {receiver_->distinct(), receiver_->twins(), receiver_->resent()}; }

 private:
  fs::path root() const override { return world_.rig.state_directory(Part::agent); }

  const CrashWorld& world_;
  std::string name_ = agent_subject;
  std::unique_ptr<ChunkReceiver> receiver_;
};

class PeerSubject final : public DiskedSubject {
 public:
  PeerSubject(const CrashWorld& world, CrashPeer peer, const fs::path& packages) : world_(world), peer_(std::move(peer)) {
    place_.packages = packages;
    place_.folder = root() / "state";
    place_.configuration = world_.rig.directory() / (peer_.name + ".conf");
    place_.log = world_.rig.directory() / (peer_.name + ".log");
    place_.ca_file = world_.rig.pki().ca_file();
    place_.lines = world_.lines.file;
    place_.port = world_.way_port;
    place_.buffer_bytes = world_.buffer_bytes;
  }

  const std::string& name() const override { return peer_.name; }
  std::string set_up() const override {
    ProcessOptions options = program();
    options.arguments = peer_.version_arguments;
    const Result<ProgramRun> run = run_program(std::move(options), peer_version_max);
    const std::string version = run ? run->output.substr(0, run->output.find('\n')) : "unknown version";
    return version + "; " + peer_.set_up;
  }
  bool resends_by_id() const override { return false; }
  std::chrono::seconds quiet_max() const override { return 10s; }

  Result<void> reset(const CrashLife& life) override {
    std::vector<MappedPart> mapped = peer_.mapped;
    for (MappedPart& part : mapped) part.file = place_.folder / part.file;
    Result<std::vector<std::string>> environment = new_disk(world_, life.watch_disk, mapped);
    if (!environment) return std::move(environment).error();
    environment_ = peer_environment(place_.packages);
    environment_.insert(environment_.end(), environment->begin(), environment->end());
    Result<Identity> identity = world_.rig.pki().issue(peer_.name);
    if (!identity) return std::move(identity).error();
    Result<Identity> receiver = world_.rig.pki().issue("peer-receiver");
    if (!receiver) return std::move(receiver).error();
    place_.identity = *identity;
    place_.sync = life.watch_disk ? PeerSync::on : PeerSync::off;
    std::error_code failure;
    fs::create_directories(place_.folder, failure);
    std::ofstream file{place_.configuration};
    file << peer_.configuration(place_);
    file.close();
    if (failure || !file) return Error{Code::unavailable, place_.configuration.string() + ": cannot be written"};
    receiver_ = std::make_unique<LineReceiver>();
    return receiver_->start(life.receiver_port, *receiver, place_.ca_file);
  }
  Result<void> launch() override {
    if (running()) return {};
    std::error_code ignored;
    fs::create_directories(place_.folder, ignored);
    before_launch();
    ProcessOptions options = program();
    options.arguments = peer_.arguments(place_);
    options.environment = environment_;
    Result<Process> process = Process::start(options);
    if (!process) return std::move(process).error();
    process_.emplace(std::move(*process));
    return {};
  }
  bool running() override { return process_ && process_->running(); }
  Result<bool> kill() override {
    if (!running()) return false;
    Result<ProcessEnd> end = process_->kill();
    if (!end) return std::move(end).error();
    return end->signal != 0;
  }
  Arrivals arrivals() const override {
    // A record that comes between the two counts is a twin a moment too early; the last look is at a receiver that is at rest.
    const std::uint64_t distinct = receiver_->distinct();
    return {distinct, receiver_->records() - distinct, 0};
  }

 private:
  fs::path root() const override { return world_.rig.directory() / peer_.name; }
  ProcessOptions program() const {
    return {
        .program = place_.packages / peer_.program, .output_file = place_.log, .environment = peer_environment(place_.packages)};
  }

  const CrashWorld& world_;
  CrashPeer peer_;
  CrashPeerPlace place_;
  std::vector<std::string> environment_;
  std::unique_ptr<LineReceiver> receiver_;
  std::optional<Process> process_;
};

}  // namespace

CrashSubjects make_crash_subjects(const CrashWorld& world, const fs::path& packages, const std::string& only) {
  CrashSubjects subjects;
  const auto wanted = [&only](const std::string& name) { return only.empty() || only == name; };
  if (wanted(agent_subject)) subjects.push_back(std::make_unique<AgentSubject>(world));
  for (CrashPeer& peer : peers_of_crashes()) {
    std::error_code failure;
    if (!wanted(peer.name) || !fs::exists(packages / peer.program, failure)) continue;
    subjects.push_back(std::make_unique<PeerSubject>(world, std::move(peer), packages));
  }
  return subjects;
}

}  // namespace tidegate
