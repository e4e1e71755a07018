# Every tests/fuzz/NAME_fuzz.cc is one program, fuzz_NAME. With FUZZ it is a libFuzzer program; without, it replays the
# corpus in tests/fuzz/corpus/NAME, which ctest does in both cases.
if(FUZZ)
  add_custom_target(fuzzers)
endif()

function(fuzz_target source)
  get_filename_component(name ${source} NAME_WE)
  string(REGEX REPLACE "_fuzz$" "" name ${name})
  add_executable(fuzz_${name} ${source})
  target_include_directories(fuzz_${name} PRIVATE ${support_room})
  target_link_libraries(fuzz_${name} PRIVATE agent processor support)
  set(corpus ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/${name})
  if(FUZZ)
    add_dependencies(fuzzers fuzz_${name})
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    # What is found goes to the build folder; the corpus in the tree is only read.
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz/${name})
    add_test(NAME fuzz.${name} WORKING_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz
      COMMAND fuzz_${name} -max_total_time=10 -artifact_prefix=${name}. ${CMAKE_BINARY_DIR}/fuzz/${name} ${corpus})
  else()
    target_sources(fuzz_${name} PRIVATE fuzz/replay.cc)
    add_test(NAME fuzz.${name} COMMAND fuzz_${name} ${corpus})
  endif()
  set_tests_properties(fuzz.${name} PROPERTIES TIMEOUT 120)
  if(name STREQUAL "canary")
    set_tests_properties(fuzz.canary PROPERTIES WILL_FAIL ON)
  endif()
endfunction()
