//! Making an 8-bit file.

use half::f16;
use model::Result;

use super::{BLOCK, Check, Entry, Header, Kind, MAGIC, calibrate::calibrate};
use crate::{
    EmbedderOptions,
    bert::{Bert, Config, Peaks, Tensors},
    error::broken,
    math::{Matrix, Packed, Q8, fits},
    safetensors::File,
    wordpiece::WordPiece,
};

/// The 8-bit file of an embedder, for the edge and for native, from the bytes of `config.json`, `tokenizer.json` and `model.safetensors`.
pub fn quantize(
    options: EmbedderOptions,
    config: &[u8],
    tokenizer: &[u8],
    weights: &[u8],
) -> Result<Vec<u8>> {
    let mut shape: Config =
        serde_json::from_slice(config).map_err(|error| broken("config.json").with_source(error))?;
    let words = WordPiece::from_json(tokenizer)?;
    let peaks = {
        let exact = Bert::load(shape.clone(), &mut File::open(weights)?)?;
        calibrate(&exact, &words, options.max_input_tokens)?
    };
    let mut recorder = Recorder {
        file: File::open(weights)?,
        peaks,
        // Positions that no input reaches stay out.
        positions: shape.max_position_embeddings * shape.hidden_size,
        kept_positions: shape.max_position_embeddings.min(options.max_input_tokens)
            * shape.hidden_size,
        tensors: Vec::new(),
        body: words.lines().as_bytes().to_vec(),
    };
    shape.max_position_embeddings = shape.max_position_embeddings.min(options.max_input_tokens);
    Bert::load(shape.clone(), &mut recorder)?;
    let header = Header {
        options,
        shape,
        words: words.lines().len(),
        tensors: recorder.tensors,
    };
    let header = serde_json::to_vec(&header)
        .map_err(|error| broken("header of the 8-bit file").with_source(error))?;
    let mut out = Vec::with_capacity(recorder.body.len() + header.len() + 64);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&(header.len() as u32).to_le_bytes());
    out.extend_from_slice(&header);
    out.append(&mut recorder.body);
    let mut check = Check::default();
    check.update(&out);
    out.extend_from_slice(&check.finish().to_le_bytes());
    Ok(out)
}

/// Writes down what a model asks for, in that order.
struct Recorder<'a> {
    file: File<'a>,
    peaks: Peaks,
    positions: usize,
    kept_positions: usize,
    tensors: Vec<Entry>,
    body: Vec<u8>,
}

impl Recorder<'_> {
    fn note(&mut self, name: &str, kind: Kind, len: usize, columns: usize) {
        self.tensors.push(Entry {
            name: name.to_owned(),
            kind,
            len,
            columns,
        });
    }

    fn write<const N: usize>(&mut self, numbers: impl IntoIterator<Item = [u8; N]>) {
        self.body.extend(numbers.into_iter().flatten());
    }

    /// With no inputs known, as of the words, which are looked up: 8 bits by row.
    fn pack(&mut self, name: &str, data: &[f32], columns: usize) -> Matrix {
        let Some(peaks) = self.peaks.of(name) else {
            let q8 = Q8::quantize(data, columns);
            self.note(name, Kind::Q8, data.len(), columns);
            self.write(q8.scales.iter().map(|x| f16::from_f32(*x).to_le_bytes()));
            self.body.extend_from_slice(&q8.quants);
            return Matrix::Q8(q8);
        };
        let packed = Packed::pack(data, columns, peaks);
        self.note(name, Kind::Packed, data.len(), columns);
        self.write(packed.scales.iter().map(|x| x.to_le_bytes()));
        self.write(packed.smooth.iter().map(|x| x.to_le_bytes()));
        self.write(packed.sums.iter().map(|x| x.to_le_bytes()));
        self.body.extend_from_slice(&packed.quants);
        Matrix::Packed(packed)
    }
}

impl Tensors for Recorder<'_> {
    fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<Matrix> {
        if !columns.is_multiple_of(BLOCK) || (name != "words" && !fits(rows, columns)) {
            return Err(broken(&format!("{name} cannot be kept in 8 bits")));
        }
        let data = self.file.vector(name, rows * columns)?;
        Ok(self.pack(name, &data, columns))
    }

    fn vector(&mut self, name: &str, len: usize) -> Result<Vec<f32>> {
        let cut = name == "positions";
        let mut data = self
            .file
            .vector(name, if cut { self.positions } else { len })?;
        if cut {
            data.truncate(self.kept_positions);
        }
        self.note(name, Kind::F32, data.len(), 0);
        self.write(data.iter().map(|x| x.to_le_bytes()));
        Ok(data)
    }
}
