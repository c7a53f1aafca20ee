//! How far a download is.

use std::{io::IsTerminal, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Told about every step. All methods may be called from the thread that pulls only.
pub trait Progress {
    /// Something to say between files.
    fn note(&mut self, line: &str);
    /// A file of this many bytes (0: not known) begins.
    fn start(&mut self, file: &str, bytes: u64);
    /// This many bytes of it are here, all in all.
    fn at(&mut self, bytes: u64);
    /// It is complete, or given up.
    fn finish(&mut self);
}

/// Says nothing.
#[derive(Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn note(&mut self, _: &str) {}
    fn start(&mut self, _: &str, _: u64) {}
    fn at(&mut self, _: u64) {}
    fn finish(&mut self) {}
}

/// A bar on a terminal, lines elsewhere; both on standard error.
#[derive(Debug, Default)]
pub struct Bar {
    bar: Option<ProgressBar>,
}

impl Progress for Bar {
    fn note(&mut self, line: &str) {
        match &self.bar {
            Some(bar) if !bar.is_hidden() => bar.println(line),
            _ => eprintln!("{line}"),
        }
    }

    fn start(&mut self, file: &str, bytes: u64) {
        self.finish();
        if !std::io::stderr().is_terminal() {
            let size = size(bytes);
            eprintln!("downloading {file}{size}");
            return;
        }
        let template = match bytes {
            0 => "{msg} {spinner} {bytes} {elapsed}",
            _ => "{msg} [{bar:32}] {bytes}/{total_bytes} {bytes_per_sec} {eta}",
        };
        let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(file.to_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        self.bar = Some(bar);
    }

    fn at(&mut self, bytes: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(bytes);
        }
    }

    fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0 => String::new(),
        _ => format!(" ({} MB)", bytes.div_ceil(1_000_000)),
    }
}
