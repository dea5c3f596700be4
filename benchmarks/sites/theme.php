<?php
$theme = $_SERVER['HTTP_X_THEME'] ?? '';
if (preg_match('/^[a-z]+$/', $theme)) { foreach (['template', 'stylesheet'] as $name) { add_filter("pre_option_$name", fn() => $theme); } }
if (!empty($_SERVER['HTTP_X_XHTML'])) { add_action('after_setup_theme', function () { remove_theme_support('html5'); }, 99); }
