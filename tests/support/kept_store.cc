#include "tests/support/kept_store.h"

#include "storage/rocks_journal.h"

namespace tidegate {
namespace {

constexpr std::int64_t monday = 1'795'392'000;  // 2026-11-23, midnight, in seconds

WallSeconds at(std::int64_t seconds) { return WallSeconds{std::chrono::seconds{monday + seconds}}; }

const CursorKey alerts{"acme-visionone", Lane::alerts, 0};
const CursorKey backfill{"acme-visionone", Lane::techniques, 7};

Segment segment_of(std::size_t payload_bytes, Compression compression, std::int64_t oldest) {
  Segment segment;
  segment.tag = "tidegate.trendmicro_visionone";
  segment.compression = compression;
  segment.records = static_cast<std::uint32_t>(1 + payload_bytes / 100);
  segment.plain_bytes = static_cast<std::uint32_t>(payload_bytes * 3);
  segment.oldest = at(oldest) + std::chrono::nanoseconds{123'456'789};
  segment.newest = at(oldest + 59);
  segment.payload.resize(payload_bytes);
  const auto seed = static_cast<std::size_t>(oldest);
  for (std::size_t i = 0; i < payload_bytes; ++i) segment.payload[i] = static_cast<char>((i * 31 + seed * 17) & 0xff);
  return segment;
}

SeenPack seen_at(std::int64_t latest, std::uint64_t ids) {
  SeenPack pack{.latest = at(latest), .ids = {}};
  for (std::uint64_t id = 1; id <= ids; ++id) pack.ids.push_back({static_cast<std::uint64_t>(latest), id});
  return pack;
}

Result<void> commit_all(Journal& journal, const std::vector<Commit>& commits) {
  for (const Commit& commit : commits) {
    if (Result<std::vector<SegmentId>> ids = journal.commit(commit); !ids) return std::move(ids).error();
  }
  return {};
}

Commit page_under_way() {
  Commit commit;
  commit.key = alerts;
  commit.segments.push_back(segment_of(700, Compression::zstd, 60));
  commit.notes.push_back({"gap/alerts/1", Bytes{"from 1 to 2\n\0 and on", 20}});
  commit.seen = seen_at(120, 3);
  commit.next = {.settled = at(0), .through = at(0), .position = at(0), .pass_to = at(900), .window = {}};
  commit.next.window = WindowProgress{.from = at(0),
                                      .to = at(300),
                                      .started = at(600) + std::chrono::nanoseconds{1},
                                      .next_link = "https://api.xdr.trendmicro.com/v3.0/workbench/alerts?skipToken=abc",
                                      .pages = 1,
                                      .attempts = 2,
                                      .total_count = 40};
  return commit;
}

// Its first segment lies in a blob file once it is in a table, its second is small enough for the table itself.
Commit last_page() {
  Commit commit;
  commit.key = alerts;
  commit.segments.push_back(segment_of(2000, Compression::gzip, 180));
  commit.segments.push_back(segment_of(100, Compression::none, 240));
  commit.seen = seen_at(300, 2);
  commit.next = {.settled = at(300), .through = at(300), .position = at(300), .pass_to = at(900), .window = {}};
  return commit;
}

Commit page_of_the_past() {
  Commit commit;
  commit.key = backfill;
  commit.segments.push_back(segment_of(900, Compression::zstd, -86'400));
  commit.own_events.push_back(segment_of(150, Compression::none, 600));
  commit.notes.push_back({"backfill/7", "running"});
  commit.seen = seen_at(-86'000, 4);
  commit.next = {.settled = at(-86'400), .through = at(-86'400), .position = at(-86'400), .pass_to = at(-3600), .window = {}};
  commit.next.window = WindowProgress{.from = at(-86'400), .to = at(-82'800), .next_link = "?page=2", .pages = 1};
  return commit;
}

}  // namespace

Result<void> play_first_half(Journal& journal) {
  if (Result<void> committed = commit_all(journal, {page_under_way(), last_page()}); !committed) return committed;
  return journal.trim({Lane::alerts, 1});
}

Result<void> play_second_half(Journal& journal) { return commit_all(journal, {page_of_the_past()}); }

Result<void> play_on(Journal& journal) {
  Commit fresh = last_page();
  fresh.seen = seen_at(960, 1);
  fresh.forget_before = at(200);  // one pack of two goes
  fresh.notes.push_back({"gap/alerts/1", {}});
  fresh.next.settled = fresh.next.through = fresh.next.position = at(900);
  Commit old = page_of_the_past();
  old.seen = seen_at(-80'000, 2);
  old.next.window->pages = 2;
  if (Result<void> committed = commit_all(journal, {fresh, old}); !committed) return committed;
  for (const SegmentId& id : {SegmentId{Lane::alerts, 3}, SegmentId{Lane::techniques, 1}, SegmentId{Lane::own_events, 2}}) {
    if (Result<void> trimmed = journal.trim(id); !trimmed) return trimmed;
  }
  return {};
}

Result<void> write_kept_store(const std::filesystem::path& folder) {
  if (std::filesystem::exists(folder)) return Error{Code::invalid, folder.string() + " is there already"};
  const JournalOptions options{.directory = folder, .budget = 64u << 20, .keep_free = 0, .fresh_epoch = kept_store_epoch};
  for (const auto& half : {play_first_half, play_second_half}) {
    OpenReport report;  // opening again moves what the log holds into tables
    Result<std::unique_ptr<RocksJournal>> journal = RocksJournal::open(options, report);
    if (!journal) return std::move(journal).error();
    if (Result<void> played = half(**journal); !played) return played;
  }
  return {};
}

}  // namespace tidegate
