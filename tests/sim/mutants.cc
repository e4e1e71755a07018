#include "tests/sim/mutants.h"

#include <algorithm>
#include <array>

#include "tests/sim/mutant_makers.h"

namespace tidegate {
namespace {

constexpr std::array all{
    Mutant{.name = "page-lost", .promise = "P1", .what = "every tenth page is stored without its records", .store = losing_pages},
    Mutant{.name = "overlap-lost",
           .promise = "P1",
           .what = "the overlap is shorter than records are late",
           .connector = overlapping_too_little},
    Mutant{.name = "renamed", .promise = "P2", .what = "every tenth page gives its records other ids", .source = renaming_records},
    Mutant{.name = "cursor-before-page",
           .promise = "P3",
           .what = "a page's cursor is committed before its records",
           .store = splitting_pages},
    Mutant{.name = "ack-unsent",
           .promise = "P4",
           .what = "every tenth chunk counts as acknowledged without being sent",
           .uplink = acknowledging_unsent},
    Mutant{.name = "ack-before-durable",
           .promise = "P4",
           .what = "chunks are acknowledged at once and landed with the next",
           .landing = landing_too_late},
    Mutant{.name = "drop-when-full",
           .promise = "P5",
           .what = "what the journal has no room for is dropped",
           .store = dropping_when_full},
    Mutant{.name = "alerts-last", .promise = "P6", .what = "alerts are shipped when nothing else waits", .store = hiding_alerts},
    Mutant{.name = "fresh-waits", .promise = "P6", .what = "what is younger than three hours is not read", .source = settling_late},
    Mutant{.name = "lane-swapped",
           .promise = "lane order",
           .what = "every tenth chunk is sent behind the next",
           .uplink = swapping_order},
    Mutant{.name = "deaf-to-limits",
           .promise = "P7",
           .what = "the API is asked a hundred times as often as permitted",
           .connector = asking_too_often},
    Mutant{.name = "failed-kept",
           .promise = "P8",
           .what = "a document that has failed is what is kept",
           .keeper = keeping_what_failed},
    Mutant{.name = "kept-forgotten",
           .promise = "P8",
           .what = "a start forgets the document that was kept",
           .keeper = forgetting_what_was_kept},
    Mutant{.name = "token-untried",
           .promise = "P8",
           .what = "no connector is tried before the one in force is stopped for it",
           .check = trusting_every_connector},
    Mutant{.name = "still-when-refused",
           .promise = "P8",
           .what = "what collects when a document is refused stands still from then on",
           .sensor = standing_still_when_refused,
           .seen_as = "behind since a document was pushed"},
    Mutant{.name = "damage-forgotten",
           .promise = "P11",
           .what = "after a healing reading goes on where it stood",
           .store = forgetting_damage},
    Mutant{.name = "always-healthy", .promise = "P12", .what = "the status is healthy whatever happens", .status = always_healthy},
    Mutant{.name = "ack-lost-for-ever",
           .promise = "liveness",
           .what = "every tenth ack is lost, and its segment not sent again",
           .uplink = losing_acks},
    Mutant{.name = "ids-kept-for-ever",
           .promise = "memory is bounded",
           .what = "no id that was seen is ever forgotten",
           .source = remembering_all},
};

}  // namespace

std::span<const Mutant> mutants() { return all; }

const Mutant* find_mutant(std::string_view name) {
  const auto* const found = std::ranges::find(all, name, &Mutant::name);
  return found == all.end() ? nullptr : found;
}

}  // namespace tidegate
