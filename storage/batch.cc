#include "storage/batch.h"

#include <rocksdb/write_batch.h>

#include "storage/keys.h"
#include "storage/rows.h"

namespace tidegate {
namespace {

// The library's batch fails only beyond limits that are checked before.
void keep(const rocksdb::Status& status) { TG_ASSERT(status.ok(), "a batch within its limits takes every row"); }

}  // namespace

Batch::Batch(RocksStore& store, std::size_t bytes) : store_(store), rows_(std::make_unique<rocksdb::WriteBatch>(bytes)) {}

Batch::~Batch() = default;

void Batch::put(Family family, ByteView key, ByteView value) { keep(rows_->Put(store_.handle(family), slice(key), slice(value))); }

void Batch::put(Family family, ByteView key, ByteView head, ByteView tail) {
  const rocksdb::Slice keys[] = {slice(key)};
  const rocksdb::Slice values[] = {slice(head), slice(tail)};
  keep(rows_->Put(store_.handle(family), rocksdb::SliceParts{keys, 1}, rocksdb::SliceParts{values, 2}));
}

void Batch::remove(Family family, ByteView key) { keep(rows_->Delete(store_.handle(family), slice(key))); }

void Batch::remove_once(Family family, ByteView key) { keep(rows_->SingleDelete(store_.handle(family), slice(key))); }

void Batch::apply(const std::vector<Note>& notes) {
  for (const Note& note : notes) {
    if (note.value.empty()) remove(Family::cursors, note_key(note.name));
    else put(Family::cursors, note_key(note.name), encode_note(note.value));
  }
}

std::uint32_t Batch::rows() const { return static_cast<std::uint32_t>(rows_->Count()); }

Result<void> Batch::write(Sync sync) { return store_.write(*rows_, sync); }

Result<void> check_notes(const std::vector<Note>& notes) {
  if (notes.size() > commit_notes_max) {
    return Error{Code::invalid, std::to_string(notes.size()) + " notes, at most " + std::to_string(commit_notes_max) + " at once"};
  }
  for (const Note& note : notes) {
    if (Result<void> good = check_name(note.name); !good) return good;
    if (note.value.size() > note_value_bytes_max) {
      return Error{Code::invalid, "note " + note.name + " of " + std::to_string(note.value.size()) + " bytes, at most " +
                                      std::to_string(note_value_bytes_max)};
    }
  }
  return {};
}

}  // namespace tidegate
