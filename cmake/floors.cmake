# floor(NAME USES targets…): a static library of NAME/**.cc (but main.cc and tools/), which can include the headers of NAME and of
# what it uses. Each floor has an include folder of its own with one link in it, so no floor is seen by accident.
function(floor name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "USES")
  set(room ${CMAKE_BINARY_DIR}/floors/${name})
  file(MAKE_DIRECTORY ${room})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${name} ${room}/${name} SYMBOLIC)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${name}/*.cc)
  list(FILTER sources EXCLUDE REGEX "/${name}/(main\\.cc|tools/)")
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC ${room})
  target_link_libraries(${name} PUBLIC ${arg_USES})
endfunction()

# program(NAME source floors…)
function(program name source)
  add_executable(${name} ${CMAKE_SOURCE_DIR}/${source})
  target_link_libraries(${name} PRIVATE ${ARGN})
endfunction()
