#include "storage/action_ledger_format.h"

#include "storage/row_bytes.h"

namespace tidegate {
namespace {

constexpr std::uint8_t ledger_files_version = 1;

Bytes begun_ledger_file(std::size_t bytes) {
  Bytes file;
  file.reserve(bytes + 64);
  file.push_back(static_cast<char>(ledger_files_version));
  return file;
}

Bytes sealed_ledger_file(Bytes file) {
  seal(file);
  return file;
}

// What stands between the version and the checksum.
Result<ByteView> ledger_file_content(ByteView file) {
  const Result<ByteView> row = unseal(file);
  if (!row) return row.error();
  const unsigned version = RowReader{*row}.u8();
  if (version > ledger_files_version)
    return Error{Code::invalid, "written in version " + std::to_string(version) + " by a newer program: install that one again"};
  if (version != ledger_files_version) return Error{Code::corrupt, "not a file of the ledger of actions"};
  return row->substr(1);
}

void put_change(Bytes& file, const LedgerRow& row) {
  put_u64_be(file, row.change);
  file.push_back(row.settled ? '\1' : '\0');
}

Result<void> read_change(RowReader& reader, LedgerRow& row) {
  row.change = reader.u64();
  const unsigned settled = reader.u8();
  if (row.change == 0 || settled > 1) return Error{Code::corrupt, "no row of the ledger of actions"};
  row.settled = settled == 1;
  return {};
}

}  // namespace

Bytes ledger_head_file(const LedgerHead& head) {
  Bytes file = begun_ledger_file(0);
  put_id(file, head.id);
  put_u64_be(file, head.changes_most);
  return sealed_ledger_file(std::move(file));
}

Bytes ledger_row_file(const LedgerRow& row) {
  Bytes file = begun_ledger_file(row.body.size());
  put_change(file, row);
  file.append(row.body);
  return sealed_ledger_file(std::move(file));
}

Bytes ledger_rows_file(const std::vector<LedgerRow>& rows) {
  std::size_t bytes = 0;
  for (const LedgerRow& row : rows) bytes += row.body.size() + 32;
  Bytes file = begun_ledger_file(bytes);
  for (const LedgerRow& row : rows) {
    const std::optional<Id128> key = id_from_hex(row.key);
    TG_ASSERT(key.has_value(), "a row's key is 32 hexadecimal digits");
    put_id(file, *key);
    put_change(file, row);
    put_u32_be(file, static_cast<std::uint32_t>(row.body.size()));
    file.append(row.body);
  }
  return sealed_ledger_file(std::move(file));
}

Bytes ledger_value_file(ByteView value) {
  Bytes file = begun_ledger_file(value.size());
  file.append(value);
  return sealed_ledger_file(std::move(file));
}

Result<LedgerHead> ledger_head_in(ByteView file) {
  const Result<ByteView> content = ledger_file_content(file);
  if (!content) return content.error();
  RowReader reader{*content};
  LedgerHead head;
  head.id.high = reader.u64();
  head.id.low = reader.u64();
  head.changes_most = reader.u64();
  if (Result<void> end = reader.end("file"); !end) return std::move(end).error();
  return head;
}

Result<LedgerRow> ledger_row_in(ByteView file, std::string key) {
  const Result<ByteView> content = ledger_file_content(file);
  if (!content) return content.error();
  constexpr std::size_t change_bytes = 9;
  if (content->size() < change_bytes) return Error{Code::corrupt, "no row of the ledger of actions"};
  RowReader reader{*content};
  LedgerRow row;
  row.key = std::move(key);
  if (Result<void> read = read_change(reader, row); !read) return std::move(read).error();
  row.body = Bytes{content->substr(change_bytes)};
  return row;
}

Result<std::vector<LedgerRow>> ledger_rows_in(ByteView file) {
  const Result<ByteView> content = ledger_file_content(file);
  if (!content) return content.error();
  RowReader reader{*content};
  std::vector<LedgerRow> rows;
  while (!reader.at_end()) {
    Id128 key;
    key.high = reader.u64();
    key.low = reader.u64();
    LedgerRow& row = rows.emplace_back();
    row.key = to_hex(key);
    if (Result<void> read = read_change(reader, row); !read) return std::move(read).error();
    row.body = Bytes{reader.bytes(reader.u32())};
  }
  if (Result<void> end = reader.end("file"); !end) return std::move(end).error();
  return rows;
}

Result<Bytes> ledger_value_in(ByteView file) {
  const Result<ByteView> content = ledger_file_content(file);
  if (!content) return content.error();
  return Bytes{*content};
}

}  // namespace tidegate
