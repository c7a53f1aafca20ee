//! Pieces of text on a page to lines and paragraphs, in the order they were drawn.

use super::page::Span;

struct Line {
    text: String,
    /// Along and across the direction of writing, so that turned text reads like any other.
    from: f32,
    to: f32,
    across: f32,
    direction: (f32, f32),
    size: f32,
}

pub(super) fn text(spans: &[Span]) -> String {
    let lines = lines(spans);
    let pitch = usual_pitch(&lines);
    let mut text = String::new();
    let mut last: Option<&Line> = None;
    for line in lines.iter().filter(|line| !line.text.trim().is_empty()) {
        let words = line.text.trim();
        if let Some(last) = last {
            if is_new_paragraph(last, line, pitch) {
                text.push_str("\n\n");
            } else if ends_with_hyphen(&text) && words.starts_with(char::is_lowercase) {
                text.pop();
            } else {
                text.push('\n');
            }
        }
        text.push_str(words);
        last = Some(line);
    }
    text
}

fn lines(spans: &[Span]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut previous: Option<&Span> = None;
    for span in spans {
        // Bold made by drawing twice, a hair apart.
        let doubled = previous.is_some_and(|previous| {
            previous.text == span.text
                && (previous.start.0 - span.start.0).hypot(previous.start.1 - span.start.1)
                    < span.size * 0.2
        });
        if doubled {
            continue;
        }
        let (dx, dy) = (span.end.0 - span.start.0, span.end.1 - span.start.1);
        let length = dx.hypot(dy);
        let direction = match lines.last() {
            // Without an extent it has no direction of its own.
            Some(line) if length < 0.01 => line.direction,
            _ if length < 0.01 => (1.0, 0.0),
            _ => (dx / length, dy / length),
        };
        let along = |(x, y): (f32, f32)| x * direction.0 + y * direction.1;
        let across = span.start.1 * direction.0 - span.start.0 * direction.1;
        let (from, to) = (along(span.start), along(span.end));
        if let Some(line) = lines.last_mut()
            && let Some(gap) = joins(line, from, across, direction, span.size)
        {
            let blank = line.text.ends_with(' ') || span.text.starts_with(' ');
            if gap > span.size * 0.15 && !blank {
                line.text
                    .push_str(if gap > span.size * 1.5 { "  " } else { " " });
            }
            line.text.push_str(&span.text);
            line.to = to;
            line.size = line.size.max(span.size);
        } else {
            lines.push(Line {
                text: span.text.clone(),
                from,
                to,
                across,
                direction,
                size: span.size,
            });
        }
        previous = Some(span);
    }
    lines
}

/// The gap to the end of a line that a piece goes on, if it does.
fn joins(line: &Line, from: f32, across: f32, direction: (f32, f32), size: f32) -> Option<f32> {
    let same_way = line.direction.0 * direction.0 + line.direction.1 * direction.1 > 0.98;
    let tall = line.size.max(size);
    // Raised and lowered letters stay on their line.
    let level = (line.across - across).abs() < tall * 0.45;
    let gap = from - line.to;
    (same_way && level && gap > -tall).then_some(gap)
}

/// The middle distance between consecutive lines.
fn usual_pitch(lines: &[Line]) -> f32 {
    let mut pitches: Vec<f32> = lines
        .iter()
        .zip(lines.iter().skip(1))
        .filter(|(a, b)| a.direction == b.direction)
        .map(|(a, b)| a.across - b.across)
        .filter(|pitch| *pitch > 0.0)
        .collect();
    pitches.sort_by(f32::total_cmp);
    pitches.get(pitches.len() / 2).copied().unwrap_or(f32::MAX)
}

fn is_new_paragraph(last: &Line, line: &Line, pitch: f32) -> bool {
    let drop = last.across - line.across;
    let tall = last.size.max(line.size);
    let turned = last.direction.0 * line.direction.0 + last.direction.1 * line.direction.1 < 0.98;
    let up = drop < -tall * 0.45;
    // The usual pitch, unless that is already a gap between paragraphs of one line each.
    let far = drop > (pitch * 1.35).clamp(tall * 1.35, tall * 3.5);
    let resized = (last.size - line.size).abs() > tall * 0.15;
    let elsewhere = line.from > last.to + tall * 2.0;
    turned || up || far || resized || elsewhere
}

fn ends_with_hyphen(text: &str) -> bool {
    let mut end = text.chars().rev();
    matches!(end.next(), Some('-' | '\u{ad}' | '‐')) && end.next().is_some_and(char::is_alphabetic)
}
