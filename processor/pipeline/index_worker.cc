#include "processor/pipeline/index_worker.h"

#include "processor/chunk_records.h"

namespace tidegate {

IndexWorker::IndexWorker(Landing& landing, Index& index, Log& log, Metrics& metrics, IndexWorkerLimits limits, RecordWatch* watch)
    : landing_(landing),
      index_(index),
      log_(log),
      metrics_(metrics),
      limits_(limits),
      watch_(watch),
      again_(metrics.counter("tidegate_records_upserted_again_total", "Records that the index had already: kept once.")),
      lost_(metrics.counter("tidegate_chunks_lost_total", "Landed chunks that could not be read back.")) {}

IndexWorker::~IndexWorker() { stop(); }

void IndexWorker::start() {
  TG_ASSERT(!thread_.joinable(), "the index thread is started once");
  thread_ = std::thread{[this] { run(); }};
}

void IndexWorker::stop() {
  {
    const std::unique_lock lock{mutex_};
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void IndexWorker::wake() {
  const std::unique_lock lock{mutex_};
  changed_.notify_all();
}

std::optional<Error> IndexWorker::status() const {
  const std::unique_lock lock{mutex_};
  return error_;
}

void IndexWorker::run() {
  while (wait_for_work()) (void)step();  // a failure is in status()
}

// False when it is time to stop.
bool IndexWorker::wait_for_work() {
  std::unique_lock lock{mutex_};
  if (error_) changed_.wait_for(lock, wait_, [this] { return stopping_; });
  changed_.wait(lock, [this] { return stopping_ || landing_.usage().chunks() > 0; });
  // Compressed bytes stand for what cannot be known yet; a batch of that size is worth no wait.
  const auto enough = [this] { return stopping_ || landing_.usage().bytes() >= limits_.batch_plain_bytes_max / 4; };
  changed_.wait_for(lock, limits_.gather_max, enough);
  return !stopping_;
}

std::chrono::milliseconds IndexWorker::wait_before_step() const {
  const std::unique_lock lock{mutex_};
  return wait_;
}

Result<std::uint64_t> IndexWorker::step() {
  Result<std::uint64_t> indexed = index_batch();
  const std::unique_lock lock{mutex_};
  if (indexed) {
    if (*indexed == 0) return indexed;
    error_.reset();
    wait_ = {};
    return indexed;
  }
  log_.error("records could not be indexed: they stay landed and are tried again", {{"reason", indexed.error().text()}});
  error_ = indexed.error();
  wait_ = std::min(std::max(wait_ * 2, limits_.retry_wait), limits_.retry_wait_max);
  return indexed;
}

Result<std::uint64_t> IndexWorker::index_batch() {
  Result<Batch> batch = gather();
  if (!batch) return std::move(batch).error();
  if (batch->chunks == 0) return std::uint64_t{0};
  const Result<std::vector<Upserted>> answers = index_.upsert(batch->records);
  if (!answers) return answers.error();
  TG_ASSERT(answers->size() == batch->records.size(), "a payload is forgotten only when all its records are in the index (P1)");
  count(*batch, *answers);
  if (Result<void> told = tell(*batch); !told) return std::move(told).error();
  if (Result<void> done = landing_.done(batch->place); !done) return std::move(done).error();
  seen_.erase(seen_.begin(), seen_.upper_bound(batch->place.sequence));
  return batch->chunks;
}

// Of what was not looked at before. A try that failed asks nothing again: what was seen is known once.
Result<void> IndexWorker::tell(const Batch& batch) {
  if (watch_ == nullptr) return {};
  std::vector<IndexRecord> unseen;
  for (const Piece& piece : batch.pieces) {
    const LandedChunk& landed = batch.landed[piece.landed];
    auto known = seen_.find(landed.place.sequence);
    if (known == seen_.end()) known = seen_.emplace(landed.place.sequence, watch_->take_seen(landed.chunk)).first;
    if (known->second) continue;
    const auto records = batch.records.begin();
    unseen.insert(unseen.end(), records + static_cast<std::ptrdiff_t>(piece.begin),
                  records + static_cast<std::ptrdiff_t>(piece.end));
  }
  return unseen.empty() ? Result<void>{} : watch_->seen(unseen);
}

Result<IndexWorker::Batch> IndexWorker::gather() {
  const LandingUsage usage = landing_.usage();
  Batch batch;
  batch.place = usage.head;
  for (std::uint64_t sequence = usage.head.sequence + 1;
       sequence <= usage.tail.sequence && batch.plain_bytes < limits_.batch_plain_bytes_max; ++sequence) {
    Result<void> added = add_chunk(batch, sequence);
    if (!added) {
      const Code code = added.error().code();
      if (code != Code::corrupt && code != Code::absent && code != Code::invalid) return std::move(added).error();
      lost_.add();
      log_.error("a landed chunk cannot be read back: its records are lost to the index",
                 {{"sequence", std::to_string(sequence)}, {"reason", added.error().text()}});
      batch.place.sequence = sequence;
      if (sequence == usage.tail.sequence) batch.place = usage.tail;
    }
    ++batch.chunks;
  }
  return batch;
}

Result<void> IndexWorker::add_chunk(Batch& batch, std::uint64_t sequence) {
  Result<LandedChunk> landed = landing_.read(sequence);
  if (!landed) return std::move(landed).error();
  Chunk& chunk = batch.landed.emplace_back(*std::move(landed)).chunk;
  const std::size_t before = batch.records.size();
  if (Result<void> read = read_chunk(chunk, batch.plain.emplace_back(), batch.records); !read) return read;
  batch.pieces.push_back({batch.landed.size() - 1, before, batch.records.size()});
  chunk.entries = {};  // they are in `plain`
  batch.plain_bytes += batch.plain.back().size();
  batch.place = batch.landed.back().place;
  return {};
}

void IndexWorker::count(const Batch& batch, const std::vector<Upserted>& answers) {
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i] == Upserted::again) again_.add();
    else indexed(batch.records[i].record.msg_class).add();
  }
}

Metric& IndexWorker::indexed(std::string_view msg_class) {
  const auto found = by_class_.find(msg_class);
  if (found != by_class_.end()) return *found->second;
  if (by_class_.size() >= limits_.msg_classes_max) msg_class = "other";
  Metric& metric = metrics_.counter("tidegate_records_indexed_total", "Records that came into the index.",
                                    {{"msg_class", std::string{msg_class}}});
  by_class_.emplace(msg_class, &metric);
  return metric;
}

}  // namespace tidegate
