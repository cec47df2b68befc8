//! What `factorize` asks for: its names, each in one block. Whether such blocks are exact is not seen here
//! (`factorize`).

use super::resolver::Resolver;
use crate::{
    diag::Diagnostic,
    graph::{codes::IN_TWO_BLOCKS, factor_graph::Factorize},
    syntax::ast,
};

impl Resolver<'_> {
    pub(super) fn factorize(&mut self) -> Factorize {
        let Some(asked) = &self.model.factorize else { return Factorize::Auto };
        let blocks = match &asked.node {
            ast::Factorize::Auto => return Factorize::Auto,
            ast::Factorize::MeanField => return Factorize::MeanField(asked.span),
            ast::Factorize::Blocks(blocks) => blocks,
        };
        let mut seen: Vec<(crate::shape::NodeId, crate::source::Span)> = vec![];
        let mut out = vec![];
        for block in blocks {
            let mut nodes = vec![];
            for name in &block.node {
                let Ok(node) = self.want_node(&name.node, name.span) else { continue };
                if let Some((_, first)) = seen.iter().find(|(n, _)| *n == node) {
                    let d = Diagnostic::error(
                        IN_TWO_BLOCKS,
                        format!("`{}` is named twice in `factorize`", name.node),
                    )
                    .at(name.span, "the second time")
                    .with(*first, "first here")
                    .help("each node belongs to one block");
                    self.fail(d);
                    continue;
                }
                seen.push((node, name.span));
                nodes.push((node, name.span));
            }
            out.push((nodes, block.span));
        }
        Factorize::Blocks(out)
    }
}
