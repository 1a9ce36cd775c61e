use symbias_geometry::probe::Probes;
use symbias_geometry::rank::generic_rank;
use symbias_geometry::effort::Effort;
use symbias_geometry::symmetry::*;
use symbias_model::language::{Copies, SourceFile};
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let s = SourceFile::read(path.as_ref()).unwrap();
    let m = s.check(Copies::All).unwrap();
    let files = symbias_model::data::constants(&m).unwrap();
    let p = Probes::new(&m, &files, None, 0).unwrap();
    let r = generic_rank(&p, p.parameters(), Effort::default()).unwrap().unwrap();
    println!("{:?} pieces {:?}", r.decision, p.pieces());
    let k = kernel::kernel(&p, &r).unwrap().unwrap();
    for v in &k { println!("{:?}", v.iter().map(|x| (x*1e4).round()/1e4).collect::<Vec<_>>()); }
    let theta = p.point(r.point);
    let mut worst = 0.0f64;
    for pr in 0..20 { for row in p.rows(&theta, pr).unwrap() { for v in &k { let d: f64 = row.iter().zip(v).map(|(a,b)| a*b).sum(); worst = worst.max(d.abs()); } } }
    println!("worst {worst:e}");
    let q = Quotient::find(&p).unwrap();
    println!("V {:?}", q.dimension());
    for b in blocks::blocks(&p, &q, (&theta, r.probes * p.outputs() as u64), &k).unwrap() { println!("{b:?}"); 
      let f = search::search(&p, &q, &b).unwrap(); println!("{:?} {}", f.decision, f.fields.len()); }
}
