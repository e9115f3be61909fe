"""Where systems like this one fail their users, and the tests that hold it here.

Each failure was reported, often many times, by users of other galleries.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
CHAOS = "chaos/test_alone.py::test_after_every_fault_all_is_right_again"
HELD_BY = {
    "a library that is unmounted empties the gallery": (
        "test_invariants.py::test_2_a_missing_empty_or_partly_unreadable_library_withdraws_nothing",
        "test_fuse.py::test_plan_tells_what_is_held_and_why",
        "test_fuse.py::test_while_withdrawals_are_held_all_else_goes_on",
        "run/test_pipeline.py::test_a_library_that_goes_away_after_the_look_withdraws_nothing",
        CHAOS,
    ),
    "a renamed folder is all new, its likes and links lost": (
        "test_moves.py::test_what_a_change_costs_and_what_becomes_of_likes",
        "test_moves.py::test_a_folder_of_500_is_renamed_without_a_rendering_or_an_upload",
        "test_moves.py::test_a_photo_that_comes_back_after_its_withdrawal_finds_what_it_was_given",
        "record/test_tombstones.py::test_another_schema_finds_a_picture_that_moved_meanwhile",
    ),
    "the user's own files are deleted, moved or written": (
        "test_invariants.py::test_1_the_library_is_never_written",
        CHAOS,
    ),
    "without events new photos never appear": (
        "test_invariants.py::test_11_events_are_only_hints",
        "source/test_mounts.py::test_changes_made_elsewhere_are_not_told",
        "source/test_watcher.py::test_a_root_that_goes_away_loses_the_watch",
        "chaos/test_disk.py::test_a_folder_that_could_not_be_listed_is_looked_at_again",
        "chaos/test_disk.py::test_a_folder_that_may_be_read_later_is_watched_from_then_on",
    ),
    "the limit of watches is reached in silence": (
        "source/test_watcher.py::test_a_used_up_limit_of_watches_is_told_with_the_cure",
        "source/test_watcher.py::test_a_limit_that_is_reached_later_loses_the_watch",
        "source/test_watcher.py::test_an_overflow_of_the_kernels_queue_loses_the_watch",
    ),
    "a NAS's own folders are published": (
        "source/test_ignore.py::test_this_name_is_ignored_in_any_case",
        "source/test_scan.py::test_an_ignored_folder_is_not_entered_even_when_asked_for",
    ),
    "half-copied files are taken": (
        "test_changes.py::test_a_slow_copy_is_published_once_and_whole",
        "test_changes.py::test_an_atomic_save_is_seen",
        "source/test_watcher.py::test_a_slow_copy_into_the_library_comes_up_and_is_whole_in_the_end",
    ),
    "new pixels under an old name are not seen": (
        "test_changes.py::test_a_replacement_of_the_same_size_with_an_older_time_is_seen",
        "test_changes.py::test_an_edited_photo_shows_its_new_pixels",
        "web/test_gallery.py::test_a_picture_asked_for_by_its_version_may_be_kept_for_ever",
    ),
    "one bad file stops the rest": (
        "test_invariants.py::test_7_a_bad_photo_costs_only_itself_and_is_told",
        "run/test_pipeline.py::test_a_photo_that_takes_too_long_is_set_aside_and_the_rest_goes_on",
        "run/test_pipeline.py::test_a_photo_that_ends_three_processes_is_set_aside",
    ),
    "memory runs out": (
        "image/test_workers.py::test_a_photo_that_wants_too_much_memory_costs_only_itself",
        "image/test_render.py::test_a_big_jpeg_is_decoded_at_reduced_scale",
        "test_commands.py::test_another_recipe_redoes_all_and_a_smaller_limit_fails_what_is_too_large",
    ),
    "nobody knows how long it will take": (
        "test_commands.py::test_once_beside_a_service_lets_the_leader_do_it",
        "web/test_admin.py::test_what_takes_long_goes_on_after_the_answer",
    ),
    "everything is done again after a restart or a change of settings": (
        "test_invariants.py::test_8_an_unchanged_library_costs_nothing",
        "test_library_way.py::test_a_lost_catalogue_takes_everything_back",
        "test_changes.py::test_words_of_an_edit_cost_no_rendering",
    ),
    "colours are dull or wrong": (
        "image/test_colour.py::test_the_profile_of_rgb_travels_and_the_colours_stay",
        "image/test_colour.py::test_inks_become_srgb_by_their_profile",
        "image/test_colour.py::test_16_bits_and_floats_are_scaled",
    ),
    "photos lie on their side": (
        "test_changes.py::test_pictures_arrive_upright_in_three_sizes",
        "image/test_render.py::test_every_photo_stands_upright",
    ),
    "odd dates are wrong, or stop it": (
        "image/test_exif.py::test_times_are_read_as_cameras_write_them",
        "image/test_exif.py::test_the_time_of_capture_comes_before_that_of_the_file",
        "publish/test_facts.py::test_times",
    ),
    "what is private becomes public": (
        "test_changes.py::test_a_hidden_album_is_withdrawn_and_comes_back",
        "web/test_momentography.py::test_a_hidden_album_is_in_no_answer",
        "image/test_render.py::test_a_rendition_tells_nothing_but_its_picture",
        "image/test_inside.py::test_what_is_neither_picture_nor_profile_is_named",
        CHAOS,
    ),
    "RAW and JPEG of one photo are shown twice or get lost": (
        "source/test_naming.py::test_originals_that_share_a_stem",
        "test_changes.py::test_a_jpeg_beside_a_png_takes_the_name",
    ),
    "ratings are locked in, or the file is damaged by writing them": (
        "web/test_corrections.py::test_the_originals_are_not_touched",
        "test_moves.py::test_what_a_change_costs_and_what_becomes_of_likes",
        "test_invariants.py::test_5_an_acknowledged_like_or_star_survives_everything",
    ),
    "it is hard to install, or stumbles over names": (
        "test_changes.py::test_any_name_is_published_and_can_be_fetched",
        "source/test_scan.py::test_names_stored_decomposed_have_composed_keys_and_open",
        "test_scripts.py::test_without_a_fit_python_it_says_so",
        "browser/test_deployments.py::test_below_a_path_of_another_site_everything_is_found",
    ),
    "it never rests, or its database is locked": (
        "test_idle.py::test_the_library_is_not_touched_between_sweeps",
        "test_idle.py::test_nothing_is_written_while_nothing_happens",
        "record/test_database.py::test_writers_take_turns",
        "chaos/test_disk.py::test_a_disk_that_takes_nothing_is_waited_for",
    ),
}


@cache
def names_in(path: str) -> frozenset[str]:
    """Return the names of a module's tests."""
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    return frozenset(one.name for one in functions if one.name.startswith("test_"))


@pytest.mark.parametrize("failure", HELD_BY)
def test_each_failure_is_held_by_tests_that_are_there(failure: str) -> None:
    for test in HELD_BY[failure]:
        path, _, name = test.partition("::")
        assert name in names_in(path), test
