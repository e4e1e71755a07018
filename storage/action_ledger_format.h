// The files of the ledger of actions, byte by byte. Integers are big-endian; each file begins with the version of its form (u8: 1)
// and ends in the CRC-32 of all before it. In between:
//
//   ledger    id (16) | change u64, none above it was ever given
//   run-KEY   change u64 | settled u8 | body
//   rows      for each: KEY (16) | change u64 | settled u8 | length of the body u32 | body
//   value     the value
//
// Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/id128.h"
#include "base/result.h"
#include "storage/action_ledger.h"

namespace tidegate {

struct LedgerHead {
  Id128 id;
  std::uint64_t changes_most = 0;  // none above it was ever given to a row

  bool operator==(const LedgerHead&) const = default;
};

//   requires: keys are 32 hexadecimal digits, bodies are below 4 GiB
Bytes ledger_head_file(const LedgerHead& head);
Bytes ledger_row_file(const LedgerRow& row);
Bytes ledger_rows_file(const std::vector<LedgerRow>& rows);
Bytes ledger_value_file(ByteView value);

// `corrupt`: not such a file, or damaged.   `invalid`: whole, and written by a newer version: it must be left alone.
Result<LedgerHead> ledger_head_in(ByteView file);
Result<LedgerRow> ledger_row_in(ByteView file, std::string key);
Result<std::vector<LedgerRow>> ledger_rows_in(ByteView file);
Result<Bytes> ledger_value_in(ByteView file);

}  // namespace tidegate
