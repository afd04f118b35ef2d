//! Published figures, degenerate tables, and flows against all pairs.
//!
//! In: published tables. Out: nothing. Must not know: private functions.

use super::Direction::{Benefit, Cost};
use super::*;

fn near(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    found.iter().zip(expected).for_each(|(a, b)| assert!((a - b).abs() <= tolerance, "{found:?} {expected:?}"));
}

/// The drinks of Saaty 2008: coffee, wine, tea, beer, soda, milk, water.
fn drinks() -> Vec<Vec<f64>> {
    let upper = [
        9.0,
        5.0,
        2.0,
        1.0,
        1.0,
        0.5,
        1.0 / 3.0,
        1.0 / 9.0,
        1.0 / 9.0,
        1.0 / 9.0,
        1.0 / 9.0,
        1.0 / 3.0,
        0.25,
        1.0 / 3.0,
        1.0 / 9.0,
        0.5,
        1.0,
        1.0 / 3.0,
        2.0,
        0.5,
        1.0 / 3.0,
    ];
    complete(7, &upper).unwrap()
}

#[test]
fn drinks_by_eigenvector_and_geometric_mean() {
    let eigen = ahp(&drinks(), Priority::Eigenvector, Consistency::SAATY).unwrap();
    near(&eigen.weights, &[0.177, 0.019, 0.042, 0.116, 0.190, 0.129, 0.327], 5e-4);
    let expected = [
        0.17745674744571682,
        0.019149476024353605,
        0.04183118166209788,
        0.1164170317348587,
        0.18957237532617624,
        0.12878054853872253,
        0.32679263926807434,
    ];
    near(&eigen.weights, &expected, 1e-13);
    near(
        &[eigen.lambda, eigen.index, eigen.ratio.unwrap()],
        &[7.17662903933035, 0.029438173221724966, 0.02230164638009467],
        1e-12,
    );
    let geometric = ahp(&drinks(), Priority::GeometricMean, Consistency::SAATY).unwrap();
    let expected = [
        0.17872338459102768,
        0.018460616160309928,
        0.04223438731988099,
        0.11649839775440328,
        0.19113550919235564,
        0.12862465932043748,
        0.324323045661585,
    ];
    near(&geometric.weights, &expected, 1e-14);
}

#[test]
fn judgements_that_are_refused() {
    let run = |matrix: &[Vec<f64>]| ahp(matrix, Priority::Eigenvector, Consistency::SAATY);
    assert_eq!(run(&[]), Err(Fault::Empty));
    assert_eq!(run(&[vec![1.0, 2.0], vec![0.5]]), Err(Fault::NotSquare { row: 1, length: 1, rows: 2 }));
    assert_eq!(run(&[vec![1.0, -2.0], vec![-0.5, 1.0]]), Err(Fault::NotPositive { row: 0, column: 1, value: -2.0 }));
    assert!(matches!(run(&[vec![1.0, f64::NAN], vec![0.5, 1.0]]), Err(Fault::NotPositive { .. })));
    assert_eq!(run(&[vec![1.0, 2.0], vec![1.0, 1.0]]), Err(Fault::NotReciprocal { row: 0, column: 1, product: 2.0 }));
    assert_eq!(run(&[vec![2.0]]), Err(Fault::NotReciprocal { row: 0, column: 0, product: 4.0 }));
    let circle = complete(3, &[5.0, 0.2, 5.0]).unwrap();
    assert!(matches!(run(&circle), Err(Fault::Inconsistent { ratio, limit: 0.1 }) if ratio > 1.0));
    near(&ahp(&circle, Priority::Eigenvector, Consistency::Any).unwrap().weights, &[1.0 / 3.0; 3], 1e-12);
    let large = complete(16, &[1.0; 120]).unwrap();
    assert_eq!(run(&large), Err(Fault::NoRandomIndex { rows: 16 }));
    assert_eq!(ahp(&large, Priority::Eigenvector, Consistency::Any).unwrap().ratio, None);
    assert_eq!(run(&[vec![1.0]]).unwrap().weights, [1.0]);
    assert_eq!(run(&complete(2, &[9.0]).unwrap()).unwrap().ratio, Some(0.0));
    assert!(matches!(complete(3, &[1.0]), Err(Fault::Lengths { .. })));
}

#[test]
fn critic_of_diakoulaki() {
    let columns: [&[f64]; 3] = [
        &[61.0, 20.7, 16.3, 9.0, 5.4, 4.0, -6.1, -34.6],
        &[1.08, 0.26, 1.98, 3.29, 2.77, 4.12, 3.52, 3.31],
        &[4.33, 4.34, 2.53, 1.65, 2.33, 1.21, 2.1, 0.98],
    ];
    let weights = critic(&Table::new(&columns, &[Benefit; 3]).unwrap());
    near(&weights, &[0.20222554, 0.48090173, 0.31687273], 1e-8);
    let negated: Vec<f64> = columns[1].iter().map(|x| -x).collect();
    let turned: [&[f64]; 3] = [columns[0], &negated, columns[2]];
    near(&critic(&Table::new(&turned, &[Benefit, Cost, Benefit]).unwrap()), &weights, 1e-15);
}

#[test]
fn degenerate_tables_have_weights_and_scores() {
    let one = Table::new(&[&[3.0], &[4.0]], &[Benefit, Cost]).unwrap();
    let flat = Table::new(&[&[3.0; 4], &[0.0; 4]], &[Benefit, Cost]).unwrap();
    for table in [one, flat] {
        for weights in [critic(&table), entropy(&table).unwrap(), standard_deviation(&table)] {
            assert_eq!(weights, [0.5, 0.5]);
        }
        let n = table.alternatives();
        assert_eq!(weighted_sum(&table, &[1.0, 1.0]).unwrap(), vec![0.0; n]);
        assert_eq!(topsis(&table, &[1.0, 1.0]).unwrap(), vec![0.5; n]);
        assert_eq!(promethee(&table, &[1.0, 1.0], &[Preference::Usual; 2]).unwrap().net, vec![0.0; n]);
        let vikor = vikor(&table, &[1.0, 1.0], 0.5).unwrap();
        assert_eq!(vikor.compromise, vec![0.0; n]);
        assert_eq!(vikor.proposed.len(), n);
    }
    // A constant criterion weighs nothing and does not change the others.
    let with = Table::new(&[&[1.0, 2.0, 5.0], &[7.0; 3], &[4.0, 4.5, 1.0]], &[Benefit; 3]).unwrap();
    let without = Table::new(&[&[1.0, 2.0, 5.0], &[4.0, 4.5, 1.0]], &[Benefit; 2]).unwrap();
    let (all, two) = (critic(&with), critic(&without));
    assert_eq!([all[0], all[1], all[2]], [two[0], 0.0, two[1]]);
    assert_eq!(entropy(&with).unwrap()[1], 0.0);
    // Criteria that agree throughout.
    let agree = Table::new(&[&[1.0, 2.0, 5.0], &[2.0, 4.0, 10.0], &[1.0; 3]], &[Benefit; 3]).unwrap();
    assert_eq!(critic(&agree), [0.5, 0.5, 0.0]);
}

#[test]
fn tables_and_weights_that_are_refused() {
    assert_eq!(Table::new(&[], &[]).unwrap_err(), Fault::Empty);
    assert_eq!(Table::new(&[&[]], &[Benefit]).unwrap_err(), Fault::Empty);
    assert!(matches!(Table::new(&[&[1.0], &[1.0, 2.0]], &[Benefit; 2]), Err(Fault::Lengths { .. })));
    assert!(matches!(Table::new(&[&[1.0]], &[]), Err(Fault::Lengths { .. })));
    assert!(matches!(Table::new(&[&[1.0, f64::NAN]], &[Benefit]), Err(Fault::Value { row: 1, .. })));
    let table = Table::new(&[&[-1.0, 2.0]], &[Benefit]).unwrap();
    assert!(matches!(entropy(&table), Err(Fault::Value { criterion: 0, row: 0, .. })));
    assert_eq!(topsis(&table, &[0.0]), Err(Fault::NoWeight));
    assert!(matches!(topsis(&table, &[-1.0]), Err(Fault::Parameter { .. })));
    assert!(matches!(topsis(&table, &[1.0, 1.0]), Err(Fault::Lengths { .. })));
    assert!(matches!(vikor(&table, &[1.0], 1.5), Err(Fault::Parameter { name: "v", .. })));
    let linear = |indifference, preference| Preference::Linear { indifference, preference };
    for preference in [linear(1.0, 1.0), linear(-1.0, 1.0), linear(0.0, f64::NAN), Preference::Gaussian { s: 0.0 }] {
        assert!(matches!(promethee(&table, &[1.0], &[preference]), Err(Fault::Parameter { .. })));
    }
}

/// Numbers from a linear congruential generator, from 0 to 1.
fn random(seed: &mut u64) -> f64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 11) as f64 / (1_u64 << 53) as f64
}

/// Flows by comparing all pairs.
fn all_pairs(columns: &[&[f64]], directions: &[Direction], weights: &[f64], preferences: &[Preference]) -> Flows {
    let (n, total) = (columns[0].len(), weights.iter().sum::<f64>());
    let better = |a: usize, b: usize| {
        (0..columns.len()).fold(0.0, |sum, k| {
            let sign = if directions[k] == Cost { -1.0 } else { 1.0 };
            sum + weights[k] / total * preferences[k].of(sign * (columns[k][a] - columns[k][b]))
        })
    };
    let others = (n - 1) as f64;
    let positive: Vec<f64> = (0..n).map(|a| (0..n).map(|b| better(a, b)).sum::<f64>() / others).collect();
    let negative: Vec<f64> = (0..n).map(|a| (0..n).map(|b| better(b, a)).sum::<f64>() / others).collect();
    let net = positive.iter().zip(&negative).map(|(a, b)| a - b).collect();
    Flows { positive, negative, net }
}

#[test]
fn flows_are_those_of_all_pairs() {
    let mut seed = 7;
    for case in 0..300 {
        let n = 2 + (random(&mut seed) * 60.0) as usize;
        let offset = if case % 4 == 0 { 1e7 } else { 0.0 };
        let coarse = |seed: &mut u64| offset + (random(seed) * 12.0).floor();
        let ties: Vec<f64> = (0..n).map(|_| coarse(&mut seed)).collect();
        let fine: Vec<f64> = (0..n).map(|_| offset + 10.0 * random(&mut seed)).collect();
        let bell: Vec<f64> = (0..n).map(|_| random(&mut seed) - 0.5).collect();
        let weights = [random(&mut seed) + 0.1, random(&mut seed), random(&mut seed)];
        let indifference = (random(&mut seed) * 3.0).floor();
        let preference = indifference + 0.01 + 4.0 * random(&mut seed);
        let linear = Preference::Linear { indifference, preference };
        let first = if case % 2 == 0 { Preference::Usual } else { linear };
        let preferences = [first, linear, Preference::Gaussian { s: 0.1 + random(&mut seed) }];
        let (columns, directions): ([&[f64]; 3], _) = ([&ties, &fine, &bell], [Benefit, Cost, Benefit]);
        let found = promethee(&Table::new(&columns, &directions).unwrap(), &weights, &preferences).unwrap();
        let expected = all_pairs(&columns, &directions, &weights, &preferences);
        let tolerance = if offset > 0.0 { 1e-7 } else { 1e-12 };
        near(&found.positive, &expected.positive, tolerance);
        near(&found.negative, &expected.negative, tolerance);
        near(&found.net, &expected.net, tolerance);
    }
}

#[test]
fn compromise_conditions() {
    // Ahead by half: one is proposed.
    let clear = Table::new(&[&[9.0, 4.0, 1.0], &[8.0, 5.0, 2.0]], &[Benefit; 2]).unwrap();
    let result = vikor(&clear, &[1.0, 1.0], 0.5).unwrap();
    assert!(result.advantage && result.stable && result.proposed == [0]);
    // Two that are nearly equal, without advantage.
    let close = Table::new(&[&[9.0, 8.9, 1.0], &[8.0, 8.1, 2.0]], &[Benefit; 2]).unwrap();
    let result = vikor(&close, &[1.0, 1.0], 0.5).unwrap();
    assert!(!result.advantage && result.proposed.len() == 2);
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let mut seed = 11;
    let column = |seed: &mut u64| (0..20_000).map(|_| random(seed)).collect::<Vec<f64>>();
    let (a, b) = (column(&mut seed), column(&mut seed));
    let run = |threads: usize| {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| {
            let columns: [&[f64]; 2] = [&a, &b];
            let table = Table::new(&columns, &[Benefit, Cost]).unwrap();
            let weights = critic(&table);
            let linear = Preference::Linear { indifference: 0.1, preference: 0.3 };
            let flows = promethee(&table, &weights, &[Preference::Usual, linear]).unwrap();
            let scores = [entropy(&table).unwrap(), topsis(&table, &weights).unwrap(), flows.net];
            scores.concat().into_iter().map(f64::to_bits).collect::<Vec<u64>>()
        })
    };
    assert_eq!(run(1), run(2));
    assert_eq!(run(1), run(5));
}

/// Weights worked out with 60 digits: the nearer to one another the figures are, the more the plain formula loses.
#[test]
fn entropy_keeps_its_digits_far_from_zero() {
    for (offset, first) in
        [(0.0, 0.5), (1e3, 0.20764219531702996), (1e7, 0.20000078399797155), (1e12, 0.200_000_000_007_84)]
    {
        let column = |step: f64| (0..50).map(|at| offset + step * f64::from(at)).collect::<Vec<f64>>();
        let (one, two) = (column(1.0), column(2.0));
        let weights = entropy(&Table::new(&[&one, &two], &[Benefit; 2]).unwrap()).unwrap();
        assert!((weights[0] - first).abs() < 1e-13, "{offset}: {}, not {first}", weights[0]);
    }
    let (few, many) = ([0.0, 0.0, 5.0, 1e7, 1e7 + 1.0], [1.0, 2.0, 3.0, 4.0, 5.0]);
    let weights = entropy(&Table::new(&[&few, &many], &[Benefit; 2]).unwrap()).unwrap();
    assert!((weights[0] - 0.884_468_585_320_260_2).abs() < 1e-14, "{}", weights[0]);
    let (near, far) = ([1.0, 1.02, 0.97, 1.05, 1.049], [3.0, 5.0, 2.0, 0.0, 1.0]);
    let weights = entropy(&Table::new(&[&near, &far], &[Benefit; 2]).unwrap()).unwrap();
    assert!((weights[0] - 0.001_211_816_239_360_700_2).abs() < 1e-15, "{}", weights[0]);
    let huge = [f64::MAX, f64::MAX / 2.0, 0.0];
    assert_eq!(entropy(&Table::new(&[&huge, &[2.0, 1.0, 0.0]], &[Benefit; 2]).unwrap()).unwrap(), [0.5, 0.5]);
}
