//! `elbow compare`: kept posteriors side by side. Not here: what is compared (`ask::compare`), nor how it is printed
//! (`report`).

use super::{
    args,
    exit::Exit,
    keep,
    model::Opened,
    predict::{answer, no_answer, rows},
    stop::Stop,
    terminal::Terminal,
};
use crate::{
    ask::{
        Question,
        compare::{Compared, remarks, weigh},
    },
    keep::skeleton::{axes, skeleton},
    report::comparison::{Comparison, FORMATS},
};

pub(super) fn run(args: &args::Compare, terminal: &Terminal) -> Result<Exit, Stop> {
    let mut all: Vec<Compared> = vec![];
    let mut observed: Option<(String, String)> = None;
    for path in &args.posteriors {
        let name = path.display().to_string();
        let kept = keep::read(path, terminal)?;
        let mut opened = Opened::kept(&kept.document.model, terminal);
        let model = opened.parse()?;
        let graph = opened.graph(&model)?;
        let wrong = |e| keep::unusable(path, &e, terminal);
        let mine = kept.document.observed.clone();
        match &observed {
            _ if mine.is_empty() => {
                let help = "fit again, and keep it with this version";
                return Err(terminal.fault(format!("`{name}` does not say which data it is of"), help));
            }
            Some((other, first)) if *first != mine => {
                let title =
                    format!("`{name}` and `{other}` are of other data: their bounds cannot be compared");
                let help = "ln p(data) is of the observed cells: fit both models to the same ones, in the same units and rows";
                return Err(terminal.fault(title, help));
            }
            Some(_) => {}
            None => observed = Some((name.clone(), mine)),
        }
        let bound = skeleton(&kept, &graph).map_err(wrong)?;
        let mut compared = Compared::of(name, &kept, &graph, &bound).map_err(wrong)?;
        if !args.data.is_empty() {
            opened.paths(&graph, &args.data)?;
            let plate = rows(&graph, &args.data, terminal)?;
            let tables = keep::tables(&kept, &args.data);
            let bound = opened.bind_again(&model, &graph, &tables, &axes(&kept, &graph))?;
            let told = answer(&kept, &graph, &bound, plate, Question::default());
            let told = told.map_err(|e| no_answer(e, path, &opened, terminal))?;
            compared.log_predictive = Some(told.total);
        }
        all.push(compared);
    }
    weigh(&mut all, args.orders);
    let remarks = remarks(&all, args.orders);
    let comparison = Comparison { all, orders: args.orders, remarks, what: "posterior".into() };
    let format = FORMATS.iter().find(|f| f.0 == args.format).unwrap_or(&FORMATS[0]);
    terminal.print(|out| format.2(&comparison, terminal.width, out))?;
    Ok(Exit::Good)
}
