#include "storage/config_store.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/check.h"
#include "storage/config_format.h"

namespace tidegate {
namespace {

constexpr std::string_view last_good_file = "last-good";
constexpr std::string_view candidate_file = "candidate";
constexpr std::string_view refusal_file = "refusal";
constexpr std::string_view history_prefix = "history-";
constexpr std::string_view beginning_suffix = ".new";
constexpr std::string_view damaged_suffix = ".damaged";
constexpr std::size_t sequence_digits = 20;

std::string history_file(std::uint64_t sequence) {
  const std::string digits = std::to_string(sequence);
  return std::string{history_prefix} + std::string(sequence_digits - digits.size(), '0') + digits;
}

// 0: no such name.
std::uint64_t history_sequence(std::string_view file) {
  if (!file.starts_with(history_prefix)) return 0;
  file.remove_prefix(history_prefix.size());
  if (file.ends_with(damaged_suffix)) file.remove_suffix(damaged_suffix.size());
  std::uint64_t sequence = 0;
  const auto [end, wrong] = std::from_chars(file.data(), file.data() + file.size(), sequence);
  return wrong == std::errc{} && end == file.data() + file.size() && file.size() == sequence_digits ? sequence : 0;
}

bool is_damage(const Error& error) { return error.code() == Code::corrupt; }
bool is_absent(const Error& error) { return error.code() == Code::absent; }

}  // namespace

Result<std::unique_ptr<ConfigStore>> ConfigStore::open(const StorePlace& place, ConfigStoreReport& report) {
  std::unique_ptr<ConfigStore> store{new ConfigStore{place}};
  if (Result<void> loaded = store->load(report); !loaded) return std::move(loaded).error().in("configuration store");
  return store;
}

Result<void> ConfigStore::load(ConfigStoreReport& report) {
  if (Result<void> made = files_.make(); !made) return made;
  if (Result<void> removed = remove_leftovers(); !removed) return removed;
  const auto take = [&](std::string_view file, auto read, auto& into) -> Result<void> {
    if (read) {
      if constexpr (std::is_same_v<std::decay_t<decltype(*read)>, StoredConfig>) into = std::move(read->head);
      else into = *std::move(read);
      return {};
    }
    if (is_absent(read.error())) return {};
    if (is_damage(read.error())) return set_aside(std::string{file}, read.error(), report);
    return std::move(read).error();
  };
  if (Result<void> taken = take(last_good_file, read_last_good(), last_good_); !taken) return taken;
  if (Result<void> taken = take(candidate_file, read_candidate(), candidate_); !taken) return taken;
  if (Result<void> taken = take(refusal_file, read_refusal(), refusal_); !taken) return taken;
  if (!last_good_) {
    if (Result<void> restored = restore_last_good(report); !restored) return restored;
  }
  if (Result<void> taken_back = take_back_refused(report); !taken_back) return taken_back;
  // The copy is no reason not to read what is kept: the next offer catches up on it, or fails of the same.
  if (const Result<void> copied = write_history(); !copied) report.history_flaw = copied.error().text();
  return {};
}

Result<void> ConfigStore::remove_leftovers() {
  Result<std::vector<std::string>> names = files_.names();
  if (!names) return std::move(names).error();
  for (const std::string& file : *names) {
    if (!file.ends_with(beginning_suffix)) continue;
    if (Result<void> removed = files_.remove(file); !removed) return removed;
  }
  return {};
}

Result<void> ConfigStore::set_aside(const std::string& file, const Error& why, ConfigStoreReport& report) {
  const std::string aside = file + std::string{damaged_suffix};
  if (Result<void> moved = files_.rename(file, aside); !moved) return moved;
  report.set_aside.push_back(files_.path_of(aside));
  report.reasons.push_back(why.text());
  return {};
}

// Nothing removes the last good one, so where it is missing and something was kept it was lost.
Result<void> ConfigStore::restore_last_good(ConfigStoreReport& report) {
  const bool damaged = !report.set_aside.empty() && report.set_aside.front() == files_.path_of("last-good.damaged");
  Result<std::optional<StoredConfig>> newest = newest_before(std::numeric_limits<std::uint64_t>::max(), report);
  if (!newest) return std::move(newest).error();
  report.last_good_lost = !*newest && damaged;
  if (!*newest) return {};
  if (Result<void> written = files_.replace(last_good_file, encode(**newest)); !written) return written;
  last_good_ = (*newest)->head;
  report.last_good_from_history = true;
  return {};
}

Result<void> ConfigStore::take_back_refused(ConfigStoreReport& report) {
  if (!last_good_ || !refusal_ || refusal_->sequence != last_good_->sequence) return {};
  const std::uint64_t refused = last_good_->sequence;
  Result<std::optional<StoredConfig>> before = newest_before(refused, report);
  if (!before) return std::move(before).error();
  // Its copy goes first: otherwise a crash in between would bring it back.
  if (Result<void> removed = files_.remove(history_file(refused)); !removed) return removed;
  Result<void> done = *before ? files_.replace(last_good_file, encode(**before)) : files_.remove(last_good_file);
  if (!done) return done;
  last_good_.reset();
  if (*before) last_good_ = (*before)->head;
  report.last_good_taken_back = true;
  return {};
}

// The newest of the history below `sequence` that can be read; damaged ones on the way are set aside.
Result<std::optional<StoredConfig>> ConfigStore::newest_before(std::uint64_t sequence, ConfigStoreReport& report) {
  Result<std::vector<std::uint64_t>> sequences = history_sequences();
  if (!sequences) return std::move(sequences).error();
  for (const std::uint64_t each : *sequences) {
    if (each >= sequence) continue;
    Result<StoredConfig> config = from_history(each);
    if (config) return std::optional<StoredConfig>{*std::move(config)};
    if (!is_damage(config.error())) return std::move(config).error();
    if (Result<void> aside = set_aside(history_file(each), config.error(), report); !aside) return std::move(aside).error();
  }
  return std::optional<StoredConfig>{};
}

// Of the last good one, where it is not there yet; and what is too old goes.
Result<void> ConfigStore::write_history() {
  if (!last_good_) return {};
  Result<std::vector<std::uint64_t>> sequences = history_sequences();
  if (!sequences) return std::move(sequences).error();
  if (std::ranges::find(*sequences, last_good_->sequence) == sequences->end()) {
    Result<StoredConfig> config = read_last_good();
    if (!config) return std::move(config).error();
    if (Result<void> written = files_.replace(history_file(last_good_->sequence), encode(*config)); !written) return written;
    sequences->insert(sequences->begin(), last_good_->sequence);
  }
  std::ranges::sort(*sequences, std::greater{});
  if (sequences->size() <= config_history_max) return {};
  const std::uint64_t oldest = (*sequences)[config_history_max - 1];
  Result<std::vector<std::string>> names = files_.names();
  if (!names) return std::move(names).error();
  for (const std::string& file : *names) {
    const std::uint64_t sequence = history_sequence(file);
    if (sequence == 0 || sequence >= oldest) continue;
    if (Result<void> removed = files_.remove(file); !removed) return removed;
  }
  return {};
}

// The newest first.
Result<std::vector<std::uint64_t>> ConfigStore::history_sequences() const {
  Result<std::vector<std::string>> names = files_.names();
  if (!names) return std::move(names).error();
  std::vector<std::uint64_t> sequences;
  for (const std::string& file : *names) {
    if (const std::uint64_t sequence = history_sequence(file); sequence != 0 && !file.ends_with(damaged_suffix))
      sequences.push_back(sequence);
  }
  std::ranges::sort(sequences, std::greater{});
  return sequences;
}

Result<std::uint64_t> ConfigStore::next_sequence() const {
  Result<std::vector<std::uint64_t>> sequences = history_sequences();
  if (!sequences) return std::move(sequences).error();
  std::uint64_t latest = sequences->empty() ? 0 : sequences->front();
  if (last_good_) latest = std::max(latest, last_good_->sequence);
  if (candidate_) latest = std::max(latest, candidate_->sequence);
  if (refusal_) latest = std::max(latest, refusal_->sequence);
  return latest + 1;
}

Result<StoredConfig> ConfigStore::read_config(std::string_view file) const {
  Result<Bytes> bytes = files_.read(file, config_file_bytes_max);
  if (!bytes) return std::move(bytes).error();
  Result<StoredConfig> config = decode_config(*bytes);
  if (!config) return std::move(config).error().in(files_.path_of(file));
  return config;
}

Result<ConfigRefusal> ConfigStore::read_refusal() const {
  Result<Bytes> bytes = files_.read(refusal_file, config_file_bytes_max);
  if (!bytes) return std::move(bytes).error();
  Result<ConfigRefusal> refusal = decode_refusal(*bytes);
  if (!refusal) return std::move(refusal).error().in(files_.path_of(refusal_file));
  return refusal;
}

Result<StoredConfig> ConfigStore::read_last_good() const { return read_config(last_good_file); }
Result<StoredConfig> ConfigStore::read_candidate() const { return read_config(candidate_file); }
Result<StoredConfig> ConfigStore::from_history(std::uint64_t sequence) const { return read_config(history_file(sequence)); }

Error ConfigStore::as_the_disk_has_it(Error error) {
  const auto look = [](auto read, auto& into) {
    if (read) into = read->head;
    else if (is_absent(read.error())) into.reset();
  };
  look(read_last_good(), last_good_);
  look(read_candidate(), candidate_);
  if (Result<ConfigRefusal> refusal = read_refusal(); refusal) refusal_ = *std::move(refusal);
  return error;
}

Result<ConfigHead> ConfigStore::put_candidate(StoredConfig config) {
  // What a full disk kept out of the history is caught up on before anything new is tried.
  if (Result<void> written = write_history(); !written) return std::move(written).error();
  if (config.head.sequence == 0) {
    const Result<std::uint64_t> next = next_sequence();
    if (!next) return next.error();
    config.head.sequence = *next;
  }
  if (Result<void> written = files_.replace(candidate_file, encode(config)); !written)
    return as_the_disk_has_it(std::move(written).error());
  candidate_ = config.head;
  return config.head;
}

Result<void> ConfigStore::keep_candidate() {
  TG_ASSERT(candidate_.has_value(), "a configuration is a candidate before it is kept");
  if (Result<void> moved = files_.rename(candidate_file, last_good_file); !moved)
    return as_the_disk_has_it(std::move(moved).error());
  last_good_ = std::exchange(candidate_, std::nullopt);
  // It is kept; where its copy cannot be written, the next offer or the next start does so, or says why not.
  const Result<void> copied = write_history();
  static_cast<void>(copied);
  return {};
}

Result<void> ConfigStore::drop_candidate() {
  if (Result<void> removed = files_.remove(candidate_file); !removed) return as_the_disk_has_it(std::move(removed).error());
  candidate_.reset();
  return {};
}

Result<void> ConfigStore::refuse(ConfigRefusal refusal) {
  if (refusal.sequence == 0) {
    const Result<std::uint64_t> next = next_sequence();
    if (!next) return next.error();
    refusal.sequence = *next;
  }
  if (Result<void> written = files_.replace(refusal_file, encode(refusal)); !written)
    return as_the_disk_has_it(std::move(written).error());
  refusal_ = std::move(refusal);
  ConfigStoreReport report;
  if (Result<void> taken_back = take_back_refused(report); !taken_back) return as_the_disk_has_it(std::move(taken_back).error());
  return {};
}

}  // namespace tidegate
